import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MINUTE, type Millis } from '../lib/time.ts';
import type { Done, Round, Said } from './r01-round.ts';

/** More than any run takes: who is not done by then stands still. */
const PATIENCE: Millis = 2 * MINUTE;

/** The status of a run that did not end. */
export const STOOD_STILL = 'stood still';

/** Processes that do one run after another, until one of them kills them. */
export interface Processes {
  /**
   * @param killAfter milliseconds after the process began to work; null leaves it to its own moment
   * @returns the run's own word, or that it is dead; it has been buried when it is
   */
  run(round: Round, killAfter: Millis | null): Promise<Done | 'killed'>;
  close(): Promise<void>;
}

const worker = 'proof/r01-worker.ts';
const bundle = `.build/${worker.replace(/\W+/g, '-')}.mjs`;

/** The next one starts while one works. */
export async function startProcesses(env: Readonly<Record<string, string>>): Promise<Processes> {
  let living = await ready(start(['build/run.mjs', worker], env)); // bundles it
  let spare = ready(start([bundle], env));
  return {
    async run(round, killAfter) {
      const said = await told(living, round, killAfter);
      if (said === 'killed' || said.status === STOOD_STILL || killAfter !== null) {
        await bury(living); // it may have been done when the signal was on its way
        living = await spare;
        spare = ready(start([bundle], env));
      }
      return said;
    },
    async close() {
      await Promise.all([bury(living), spare.then(bury)]);
    },
  };
}

function start(runner: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, runner, {
    cwd: fileURLToPath(new URL('..', import.meta.url)), // from the sources as well as from a bundle
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function bury(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function ready(child: ChildProcess): Promise<ChildProcess> {
  await once(child, 'message');
  return child;
}

async function told(child: ChildProcess, round: Round, killAfter: Millis | null): Promise<Done | 'killed'> {
  const timers: NodeJS.Timeout[] = [];
  let isPatient = true;
  const later = (after: Millis, work: () => void) => timers.push(setTimeout(work, after));
  later(PATIENCE, () => {
    isPatient = false;
    child.kill('SIGKILL');
  });
  const heard = (said: Said) => {
    if (said === 'working' && killAfter !== null) later(killAfter, () => child.kill('SIGKILL'));
  };
  child.on('message', heard);
  child.send(round);
  try {
    const done = await ended(child);
    return isPatient ? done : { status: STOOD_STILL };
  } finally {
    child.off('message', heard);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** @throws Error when it ended in any other way */
function ended(child: ChildProcess): Promise<Done | 'killed'> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null, signal: string | null) => {
      child.off('message', heard);
      if (signal === 'SIGKILL') resolve('killed');
      else reject(new Error(`a process ended with ${code ?? signal}`));
    };
    const heard = (said: Said) => {
      if (typeof said !== 'object') return;
      child.off('message', heard);
      child.off('exit', died);
      resolve(said);
    };
    child.on('message', heard);
    child.once('exit', died);
  });
}
