import { parseArgs } from 'node:util';
import { benchDispatch } from './dispatch.ts';
import { benchMapping } from './mapping.ts';
import { benchPipeline, pipelineRoles } from './pipeline.ts';

/**
 * `npm run bench`: speed and memory as ratios against a floor measured in the same run, on the same server and
 * data. `--role` is how it starts its own processes.
 */
const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    with: { type: 'string', default: '{}' },
    records: { type: 'string', default: '200000' },
    cells: { type: 'string', default: '40' },
  },
});

const role = values.role === undefined ? undefined : pipelineRoles[values.role as keyof typeof pipelineRoles];
if (role) await role(JSON.parse(values.with));
else {
  print('P4  mapping evaluation');
  for (const { name, perSecond } of await benchMapping())
    print(`    ${name.padEnd(40)} ${(perSecond / 1e6).toFixed(1)} M/s`);
  print('P6  dispatch of accounts that are all due');
  for (const { accounts, grown, seconds } of await benchDispatch([100, 1000, 10_000]))
    print(
      `    ${String(accounts).padStart(6)} accounts ${seconds.toFixed(2)} s, ${(grown / 1e6).toFixed(1)} MB more held`,
    );
  print(`P1  ${values.records} usage records in ${values.cells} cells, whole pipeline to files`);
  const { rows, ratio } = await benchPipeline(Number(values.records), Number(values.cells));
  for (const row of rows) {
    print(
      `    ${row.name.padEnd(8)} ${row.seconds.toFixed(2)} s, ${Math.round(row.records / row.seconds)} records/s, peak memory ${Math.round(row.peak / 1e6)} MB${row.detail}`,
    );
  }
  print(`    ours is ${ratio.toFixed(2)} of the floor`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
