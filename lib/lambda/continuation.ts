import * as z from 'zod';
import type { StreamReport } from '../report.ts';
import { formatInstant, type Millis, parseInstant, SECOND } from '../time.ts';

/**
 * What one invocation tells the next of the same catch-up. Where to go on is in the state; this is for people: how
 * far it is, and how long it will take.
 */
export const continuationSchema = z.strictObject({
  v: z.literal(1),
  /** Invocations before this one. */
  invocations: z.number().int().nonnegative(),
  /** Cells that they committed. */
  cells: z.number().int().nonnegative(),
  /** When the first of them began. */
  since: z.string().refine((text) => parseInstant(text) !== null, 'expected an RFC 3339 timestamp'),
  /** When it will be caught up, going by the pace so far; null when that cannot be told. */
  estimated_end: z.string().nullish(),
});

export type Continuation = z.output<typeof continuationSchema>;

/** What is still due after a run that ended early, and when the invocation began. */
export interface Remaining {
  readonly began: Millis;
  readonly now: Millis;
  /** Cells that are due and not done; null when not even that is known. */
  readonly cells: number | null;
}

/** The continuation after a run that ended early. Pure. */
export function continuationAfter(
  before: Continuation | null,
  report: StreamReport,
  { began, cells: remaining, now }: Remaining,
): Continuation {
  const since = before === null ? began : (parseInstant(before.since) ?? began);
  const cells = (before?.cells ?? 0) + report.windows.length;
  const known = remaining !== null && cells > 0 && now > since;
  const end = known ? now + Math.ceil(((now - since) / cells) * remaining) : null;
  return {
    v: 1,
    invocations: (before?.invocations ?? 0) + 1,
    cells,
    since: formatInstant(since),
    estimated_end: end === null ? null : formatInstant(Math.ceil(end / SECOND) * SECOND),
  };
}
