import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Done, Round, Said } from './r09-round.ts';

/** A process that works on one event after another. */
export interface Worker {
  /** @returns what it did, or that it stopped on the way */
  send(round: Round): Promise<Said>;
  /** Lets a stopped one go on. */
  resume(): Promise<Done>;
}

export interface Processes {
  readonly workers: readonly Worker[];
  /** Ends them, also those that stand still. */
  close(): Promise<void>;
}

/** Milliseconds between two calls to go on. */
const NUDGE = 10;

const runner = ['build/run.mjs', 'proof/r09-worker.ts'];

/** Starts real processes: each with its own memory, its own sockets and its own clock. */
export async function startProcesses(
  count: number,
  env: Readonly<Record<string, string>>,
): Promise<Processes> {
  const first = start(env);
  await hear(first); // it has bundled what all of them run
  const others = Array.from({ length: count - 1 }, () => start(env));
  await Promise.all(others.map(hear));
  const children = [first, ...others];
  return {
    workers: children.map(workerOf),
    async close() {
      const ended = children.map((child) => (child.exitCode === null ? once(child, 'exit') : null));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}

function start(env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, runner, {
    cwd: rootFolder(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function workerOf(child: ChildProcess): Worker {
  return {
    send(round) {
      const said = hear(child);
      child.send(round);
      return said;
    },
    async resume() {
      const said = hear(child);
      const goOn = setInterval(() => child.kill('SIGCONT'), NUDGE); // it may not stand still yet, having just said so
      const done = await said.finally(() => clearInterval(goOn));
      if (typeof done === 'string') throw new Error(`a process that went on is ${done}`);
      return done;
    },
  };
}

function hear(child: ChildProcess): Promise<Said> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null) => reject(new Error(`a process ended with ${code}`));
    child.once('exit', failed);
    child.once('message', (said: Said) => {
      child.off('exit', failed);
      resolve(said);
    });
  });
}

/** The repository, from the sources as well as from a bundle in `.build`. */
function rootFolder(): string {
  return fileURLToPath(new URL('..', import.meta.url));
}
