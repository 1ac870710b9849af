import type { WireError } from '../lib/errors.ts';
import type { StreamReport } from '../lib/report.ts';
import type { StreamName } from '../lib/run.ts';
import { exitCode } from './exit.ts';

/** What one stream of an account came to. */
export interface StreamOutcome {
  readonly account: string;
  readonly provider: string;
  readonly stream: StreamName;
  readonly seconds: number;
  readonly report: StreamReport | null;
  readonly error: WireError | null;
}

/** Whether something of it is missing: a project that failed, a record in quarantine. */
function isIncomplete({ report }: StreamOutcome): boolean {
  return (
    report?.failures !== undefined || (report?.windows.some(({ quarantined }) => quarantined > 0) ?? false)
  );
}

/** The exit code that tells a script what it must know of all of them. */
export function exitCodeOf(outcomes: readonly StreamOutcome[]): number {
  const failed = outcomes.filter(({ error }) => error !== null).length;
  if (failed === outcomes.length) return exitCode.failed;
  if (failed > 0 || outcomes.some(isIncomplete)) return exitCode.partly;
  const unfinished = outcomes.some(
    ({ report }) => report?.status === 'continue' || report?.status === 'busy',
  );
  return unfinished ? exitCode.again : exitCode.ok;
}
