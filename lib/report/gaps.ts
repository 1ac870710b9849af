import type { Gap } from '../provider.ts';

/** Gaps in the order of time, those that follow each other for the same reason as one. */
export function joinGaps(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = [];
  for (const gap of [...gaps].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last && last.end === gap.start && last.why === gap.why)
      joined.splice(-1, 1, { ...last, end: gap.end });
    else joined.push(gap);
  }
  return joined;
}
