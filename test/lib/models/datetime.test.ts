import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedResponse } from '../../../lib/errors.ts';
import { convertDatetime, requireDatetime } from '../../../lib/models/datetime.ts';
import vectors from '../../fixtures/vectors/rfc3339.json' with { type: 'json' };

const wire = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z?$/;
const twoDigits = (value: number) => String(value).padStart(2, '0');

/** A moment as text with an offset, and the same in UTC by integer arithmetic alone. */
const moments = fc
  .record({
    day: fc.integer({ min: -600_000, max: 2_900_000 }),
    second: fc.integer({ min: 0, max: 86_399 }),
    micros: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999 })),
    offset: fc.integer({ min: -1439, max: 1439 }),
  })
  .map(({ day, second, micros, offset }) => {
    const fraction = `.${String(micros).padStart(6, '0')}`;
    const local = `${written(day, second)}${fraction}${offsetText(offset)}`;
    const utc = day * 86_400 + second - offset * 60;
    const utcDay = Math.floor(utc / 86_400);
    return { local, utc: `${written(utcDay, utc - utcDay * 86_400)}${micros === 0 ? '' : fraction}Z` };
  });

describe('convertDatetime', () => {
  it.each(vectors)('agrees with the original on $input', ({ input, output }) => {
    expect(convertDatetime(input)).toBe(output);
  });

  it('has no time for undefined', () => {
    expect(convertDatetime(undefined)).toBeNull();
  });

  it.each([
    ['2026-11-20T10:11:12.1234567Z', '2026-11-20T10:11:12.123456Z'],
    ['2026-11-20T10:11:12.0000009Z', '2026-11-20T10:11:12Z'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'],
  ])('cuts, never rounds: %s', (text, expected) => {
    expect(convertDatetime(text)).toBe(expected);
  });

  it.each(['yesterday', '2026-02-30T00:00:00Z', '2026-11-20T25:00:00Z', ' ', '1700000000'])(
    'refuses %j, naming the field',
    (text) => {
      expect(() => convertDatetime(text, 'server "i-1": provider_created_at')).toThrow(
        new MalformedResponse(
          `server "i-1": provider_created_at: ${JSON.stringify(text)} is not an RFC 3339 time of the years 0000 to 9999`,
        ),
      );
    },
  );

  it.each(['9999-12-31T23:59:60Z', '9999-12-31T23:59:59-00:01', '0000-01-01T00:00:00+00:01'])(
    'refuses %s, whose year in UTC cannot be written',
    (text) => expect(() => convertDatetime(text)).toThrow(MalformedResponse),
  );

  it('refuses what is no text', () => {
    expect(() => convertDatetime(JSON.parse('1700000000'))).toThrow(MalformedResponse);
  });

  it('moves to UTC as integer arithmetic does, and keeps the microseconds', () => {
    fc.assert(
      fc.property(moments, ({ local, utc }) => {
        expect(convertDatetime(local)).toBe(utc);
      }),
    );
  });

  it('leaves its own output alone, which is as the wire wants it', () => {
    fc.assert(
      fc.property(moments, ({ local }) => {
        const once = convertDatetime(local);
        expect(once).toMatch(wire);
        expect(convertDatetime(once)).toBe(once);
      }),
    );
  });
});

describe('requireDatetime', () => {
  it('converts a time', () => {
    expect(requireDatetime('2026-11-20 10:11:12', 'A status: time')).toBe('2026-11-20T10:11:12Z');
  });

  it.each([null, undefined, ''])('refuses %j', (nothing) => {
    expect(() => requireDatetime(nothing, 'A status: time')).toThrow(
      new MalformedResponse('A status: time must be a time with a value'),
    );
  });
});

/** `YYYY-MM-DDTHH:MM:SS` of a day since 1970 and a second of it, by counting days of years and months. */
function written(day: number, second: number): string {
  let year = 1970 + Math.floor(day / (day < 0 ? 365 : 366));
  while (dayOfYear(year + 1) <= day) year += 1;
  let rest = day - dayOfYear(year);
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const month = lengths.findIndex((length) => {
    if (rest < length) return true;
    rest -= length;
    return false;
  });
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
    .map(twoDigits)
    .join(':');
  return `${String(year).padStart(4, '0')}-${twoDigits(month + 1)}-${twoDigits(rest + 1)}T${clock}`;
}

/** Days from 1970-01-01 to the year's first. */
function dayOfYear(year: number): number {
  const leaps = (y: number) => Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
}

function isLeap(year: number): boolean {
  return dayOfYear(year + 1) - dayOfYear(year) === 366;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}
