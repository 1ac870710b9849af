import { InvalidConfig } from '../lib/errors.ts';
import type { Simulator } from '../simulators/simulator.ts';
import { exitCode } from './exit.ts';

export interface SimulateOptions {
  readonly port: string;
  readonly seed: string;
  readonly fault: readonly string[];
}

interface SimulatorRoom {
  start(options: { port: number; seed: number; faults: readonly string[] }): Promise<Simulator>;
}

/** Serves until SIGTERM or SIGINT; the first line is for programs, and its credentials for an accounts file. */
export async function simulate(provider: string, options: SimulateOptions): Promise<number> {
  const room = await loadSimulator(provider);
  const simulator = await room.start({
    port: wholeNumber('--port', options.port),
    seed: wholeNumber('--seed', options.seed),
    faults: options.fault,
  });
  const { url, credentials, seed } = simulator;
  process.stdout.write(`${JSON.stringify({ provider, url, credentials, seed, pid: process.pid })}\n`);
  await new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  await simulator.close();
  return exitCode.ok;
}

async function loadSimulator(name: string): Promise<SimulatorRoom> {
  if (!/^[a-z][a-z0-9]*$/.test(name)) throw unknownSimulator(name);
  return import(`../simulators/${name}/index.ts`).catch((error: unknown) => {
    throw error instanceof Error && /module not found|glob|cannot find/i.test(error.message)
      ? unknownSimulator(name)
      : error;
  }) as Promise<SimulatorRoom>;
}

function unknownSimulator(name: string): InvalidConfig {
  return new InvalidConfig(`There is no simulator "${name}"`, { code: 'UNKNOWN_SIMULATOR' });
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidConfig(`${name}: expected a whole number`);
  return Number(text);
}
