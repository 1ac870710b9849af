import { vi } from 'vitest';
import type { Finished } from './command.ts';

/** Runs a command of the command line in this process, and keeps what it prints. */
export async function captured(command: () => Promise<number>): Promise<Finished> {
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += text;
      return true;
    }),
  );
  try {
    const code = await command();
    return { code, ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
