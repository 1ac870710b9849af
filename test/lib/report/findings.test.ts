import { describe, expect, it } from 'vitest';
import { findingNotes } from '../../../lib/report/findings.ts';
import { HOUR } from '../../../lib/time.ts';

const what = 'rows overlap; their time counts once';

describe('findingNotes', () => {
  it('says nothing when nothing was found', () => {
    expect(findingNotes([{}, { findings: [] }])).toEqual([]);
  });

  it('adds up time and cells by resource, in one sentence for each kind', () => {
    const windows = [
      { findings: [{ what, id: 'a', millis: HOUR }] },
      {
        findings: [
          { what, id: 'a', millis: HOUR / 2 },
          { what, id: 'b', millis: 1 },
          { what: 'ends before it starts', id: 'c' },
        ],
      },
    ];
    expect(findingNotes(windows)).toEqual([
      `${what}: a (1.5 h in 2 cells), b (0 h in 1 cell)`,
      'ends before it starts: c (1 cell)',
    ]);
  });

  it('names twenty, and counts the rest', () => {
    const findings = Array.from({ length: 23 }, (_, at) => ({ what, id: `id-${at}` }));
    expect(findingNotes([{ findings }])[0]).toMatch(/id-19 \(1 cell\) and 3 more$/);
  });
});
