import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error: a build script without types
import { buildFunctions } from '../build/functions.mjs';
import { type Figure, median, type Row, ratio } from './figure.ts';

/** Of every handler; odd, so that one is in the middle. */
const STARTS = 9;

interface Subject {
  readonly file: string;
  readonly handler: string;
}

/** What starts a handler, calls it with an event that says nothing, and ends; it is refused at the door. */
const script = `const [file, name] = process.argv.slice(1);
const context = { getRemainingTimeInMillis: () => 10000 };
const handler = require(file)[name] ?? (() => {});
Promise.resolve().then(() => handler({}, context)).catch(() => {}).then(() => process.exit());`;

/** From the start of a process to a first answer. */
export const p5: Figure = {
  id: 'P5',
  name: `cold start of every bundled handler, process start included, median of ${STARTS}; to reach: 3 empty handlers, 1 MB`,
  async measure() {
    const folder = mkdtempSync(join(tmpdir(), 'usage-sync-bench-'));
    try {
      const rooms = await buildFunctions(process.cwd(), folder);
      writeFileSync(join(folder, 'empty.cjs'), 'exports.handler = async () => ({});');
      const subjects = [
        { file: 'empty.cjs', handler: 'handler' },
        ...rooms.flatMap((room: string) => handlersOf(folder, `${room}.cjs`)),
        { file: 'aws.cjs', handler: '' },
      ];
      return tableOf(folder, subjects, await startedInTurn(folder, subjects));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function handlersOf(folder: string, file: string): Subject[] {
  const exported = createRequire(import.meta.url)(join(folder, file));
  const names = Object.keys(exported).filter((name) => typeof exported[name] === 'function');
  return names.map((handler) => ({ file, handler }));
}

/** All once, then all again: what the machine does meanwhile strikes all alike. @returns milliseconds, by subject */
async function startedInTurn(folder: string, subjects: readonly Subject[]): Promise<number[]> {
  const times = subjects.map((): number[] => []);
  for (let round = 0; round < STARTS; round += 1) {
    for (const [at, { file, handler }] of subjects.entries()) {
      const began = performance.now();
      const child = spawn(process.execPath, ['-e', script, join(folder, file), handler], { stdio: 'ignore' });
      await once(child, 'exit');
      times[at]?.push(performance.now() - began);
    }
  }
  return times.map(median);
}

function tableOf(folder: string, subjects: readonly Subject[], times: readonly number[]): Row[] {
  const [empty = 0] = times;
  const rows = subjects.map(({ file, handler }, at): Row => {
    const name = file === 'aws.cjs' ? 'the AWS clients, where one is configured' : `${file} ${handler}`;
    const time = times[at] ?? 0;
    const size = (statSync(join(folder, file)).size / 1000).toFixed(0);
    return [name, `${time.toFixed(0)} ms`, ratio(time, empty), `${size} kB`];
  });
  return [['', 'start', 'of an empty one', 'bundle'], ...rows];
}
