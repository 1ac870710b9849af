import { describe, expect, it } from 'vitest';
import { type IntervalEvent, type IntervalOptions, setupTimeInterval } from '../../lib/interval.ts';
import { parseInstant } from '../../lib/time.ts';
import vectors from '../fixtures/vectors/intervals.json' with { type: 'json' };

interface Vector {
  now: string;
  event: IntervalEvent;
  options: IntervalOptions;
  start: string;
  end: string;
}

const instant = (text: string) => parseInstant(text) ?? Number.NaN;

describe('setupTimeInterval', () => {
  it.each(vectors as Vector[])('agrees with the original at $now', ({ now, event, options, start, end }) => {
    const expected = instant(start) < instant(end) ? { start: instant(start), end: instant(end) } : null;
    expect(setupTimeInterval(event, options, instant(now))).toEqual(expected);
  });

  it('has nothing due when the last update lies in the future', () => {
    expect(
      setupTimeInterval({ last_update: '2026-01-02T00:00:00Z' }, {}, instant('2026-01-01T00:00:00Z')),
    ).toBeNull();
  });

  it('has nothing due when the skew exceeds the elapsed time', () => {
    const event = { last_update: '2026-01-01T00:00:00Z' };
    expect(setupTimeInterval(event, { skew: 600 }, instant('2026-01-01T00:05:00Z'))).toBeNull();
  });

  it('reads offsets and whole seconds, on which the original raises', () => {
    const event = { last_update: '2026-01-01T01:00:00+01:00' };
    expect(setupTimeInterval(event, {}, instant('2026-01-01T01:00:00Z'))).toEqual({
      start: instant('2026-01-01T00:00:00Z'),
      end: instant('2026-01-01T01:00:00Z'),
    });
  });
});
