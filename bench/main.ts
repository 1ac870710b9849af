import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchOptions, type Figure, linesOf } from './figure.ts';
import { readBarely } from './floor.ts';
import { readScene } from './ours.ts';
import { p1 } from './p1-pipeline.ts';
import { p2 } from './p2-latency.ts';
import { p3 } from './p3-memory.ts';
import { p4 } from './p4-mapping.ts';
import { p5 } from './p5-cold-start.ts';
import { acceptStarts, dispatchFile } from './p6-dispatch.ts';
import { p6 } from './p6-growth.ts';
import { serveScene } from './serve.ts';

/**
 * `npm run bench -- [--only P5]… [--records N] [--cells N]`: speed and memory as ratios against a floor measured in the
 * same run, on the same server and data. `--role` is how it starts its own processes: each part has memory of its own.
 */
const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    with: { type: 'string', default: '{}' },
    only: { type: 'string', multiple: true },
    records: { type: 'string', default: '200000' },
    cells: { type: 'string', default: '40' },
  },
});

const figures: readonly Figure[] = [p1, p2, p3, p4, p5, p6];

const roles = {
  serve: serveScene,
  ours: readScene,
  floor: readBarely,
  accept: acceptStarts,
  dispatch: dispatchFile,
};

if (values.role !== undefined) await roles[values.role as keyof typeof roles](JSON.parse(values.with));
else {
  const wanted = figures.filter(({ id }) => values.only?.includes(id) ?? true);
  if (wanted.length === 0)
    throw new Error(`There is no such figure; there are ${figures.map(({ id }) => id).join(', ')}`);
  const options = { records: Number(values.records), cells: Number(values.cells) };
  for (const figure of wanted) await show(figure, options);
}

/** Others at work on the machine make figures worse than they are: the load stands beside each. */
async function show({ id, measure, name }: Figure, options: BenchOptions): Promise<void> {
  print(`${id}  ${name}`);
  for (const line of linesOf(await measure(options))) print(line);
  print(`    load of the machine: ${loadavg()[0]?.toFixed(1)}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
