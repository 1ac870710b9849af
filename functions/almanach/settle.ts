import type { UsageRecord } from '../../lib/models/usage.ts';
import type { Finding, Settled } from '../../lib/provider.ts';
import type { Interval, Millis } from '../../lib/time.ts';
import type { Life } from './normalize.ts';

/**
 * What one cell's rows come to (sheet 4): each row counts for as long as it overlaps the cell, in whole
 * milliseconds. Rows of one id that overlap each other count once for each instant, unless they add up: then the
 * row that started last has the instant, and those before it keep what is left.
 */
export function settleUsage(lives: readonly Life[], cell: Interval): Settled {
  const findings: Finding[] = lives.flatMap(oddities);
  const records: UsageRecord[] = [];
  let duplicates = 0;
  for (const parts of byEntity(lives, cell)) {
    const shares = shared(parts);
    const addsUp = parts.some(({ life }) => life.addsUp);
    for (const { life, within, pieces } of shares) {
      const counted = addsUp ? [within] : pieces;
      records.push(...counted.map((piece) => cutTo(life, piece)));
      if (counted.length === 0) duplicates += 1;
    }
    findings.push(...overlapOf(shares, addsUp));
  }
  return { records, duplicates, findings };
}

/** A row as far as it lies within the cell. */
interface Part {
  readonly life: Life;
  readonly within: Interval;
}

/** A part, and the pieces of it that no later row has. */
interface Share extends Part {
  readonly pieces: readonly Interval[];
}

function oddities({ notice, period, resource: { id } }: Life): Finding[] {
  if (notice) return [{ what: notice, id }];
  if (period.end < period.start) return [{ what: 'Rows that end before they start count for nothing', id }];
  if (period.end === period.start) return [{ what: 'Rows without any length count for nothing', id }];
  return [];
}

function byEntity(lives: readonly Life[], cell: Interval): Iterable<Part[]> {
  const entities = new Map<string, Part[]>();
  for (const life of lives) {
    const within = {
      start: Math.max(life.period.start, cell.start),
      end: Math.min(life.period.end, cell.end),
    };
    if (life.notice || within.start >= within.end) continue;
    const entity = JSON.stringify([life.kind, life.tenant?.id, life.resource.id]);
    const parts = entities.get(entity);
    if (parts) parts.push({ life, within });
    else entities.set(entity, [{ life, within }]);
  }
  return entities.values();
}

/**
 * Gives every instant to the part that started last. Going back from there, whatever is taken begins no earlier
 * than the part that is looked at: so its pieces are the gaps up to its end.
 */
function shared(parts: readonly Part[]): Share[] {
  const taken: Interval[] = []; // disjoint, the earliest on top
  return [...parts].sort(laterFirst).map((part) => {
    const { start, end } = part.within;
    const pieces: Interval[] = [];
    let reached = start;
    for (let next = taken.at(-1); next !== undefined && next.start < end; next = taken.at(-1)) {
      taken.pop();
      if (next.start > reached) pieces.push({ start: reached, end: next.start });
      reached = next.end;
    }
    if (reached < end) pieces.push({ start: reached, end });
    taken.push({ start, end: Math.max(reached, end) });
    return { ...part, pieces };
  });
}

/** Of rows that start together the longer one, so that the choice does not depend on the order of the answer. */
function laterFirst({ life: a }: Part, { life: b }: Part): number {
  if (a.period.start !== b.period.start) return b.period.start - a.period.start;
  if (a.period.end !== b.period.end) return b.period.end > a.period.end ? 1 : -1;
  const [left, right] = [a.fingerprint(), b.fingerprint()];
  return left === right ? 0 : left < right ? 1 : -1;
}

function overlapOf(shares: readonly Share[], addsUp: boolean): Finding[] {
  const [first] = shares;
  const millis = shares.reduce((sum, { within, pieces }) => sum + lengthOf(within) - total(pieces), 0);
  if (!first || millis === 0) return [];
  const what = addsUp
    ? 'Rows of one id overlap; each counts in full, since duplicates is sum'
    : 'Rows of one id overlap; each instant counts once, for the row that started last';
  return [{ what, id: first.life.resource.id, millis }];
}

function cutTo({ addsUp: _, notice: __, ...life }: Life, period: Interval): UsageRecord {
  return { ...life, period, variables: { ...life.variables, value: lengthOf(period) / 1000 } };
}

function total(pieces: readonly Interval[]): Millis {
  return pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
}

function lengthOf({ start, end }: Interval): Millis {
  return end - start;
}
