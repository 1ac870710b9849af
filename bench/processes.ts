import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a process of the benchmark used for its work. */
export interface Used {
  readonly seconds: number;
  /** Seconds of processor: what other programs of the machine do hardly shows in it. */
  readonly processor: number;
  /** Bytes: the largest resident set. */
  readonly peak: number;
  /** Bytes by which that is more than before the work. */
  readonly grown: number;
}

/** Starts this program again in a role of its own. */
export function startRole(
  role: string,
  told: object,
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [process.argv[1] ?? '', '--role', role, '--with', JSON.stringify(told)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
}

/** What a process says on its first line. */
export async function firstLine<Said>(child: ChildProcess): Promise<Said> {
  if (!child.stdout) throw new Error('the process has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Said;
  throw new Error('a process of the benchmark ended early');
}

/** Says its first line. */
export function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Does the work, and says what it used beside what it came to. */
export async function measured(work: () => Promise<object>): Promise<void> {
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const { system, user } = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS * 1024;
  const used: Used = { seconds, processor: (system + user) / 1e6, peak, grown: Math.max(0, peak - before) };
  say({ ...result, ...used });
}
