import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendar } from '../../../simulators/cloudstack/calendar.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const dayNumber = (text: string) => Date.parse(`${text}T00:00:00Z`) / DAY;

describe('days', () => {
  it.each([
    ['Europe/Berlin', '2026-03-28', 24],
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['America/New_York', '2026-03-08', 23],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['UTC', '2026-03-29', 24],
  ])('in %s the %s has %d hours', (zone, date, length) => {
    const [day, ...more] = calendar(zone, 1440).periodsOf(dayNumber(date));
    expect(more).toEqual([]);
    expect(((day?.end ?? 0) - (day?.start ?? 0)) / HOUR).toBe(length);
  });

  it('begins at midnight in Berlin', () => {
    const [day] = calendar('Europe/Berlin', 1440).periodsOf(dayNumber('2026-10-25'));
    expect(day).toEqual({ start: Date.UTC(2026, 9, 24, 22), end: Date.UTC(2026, 9, 25, 23) });
  });
});

describe('hours', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', 23, 0],
    ['Europe/Berlin', '2026-10-25', 25, 0],
    ['Asia/Kolkata', '2026-10-25', 24, 30],
    ['Australia/Lord_Howe', '2026-04-05', 24, 0],
  ])('in %s the %s has %d, which begin at minute %d', (zone, date, count, minute) => {
    const hours = calendar(zone, 60).periodsOf(dayNumber(date));
    expect(hours).toHaveLength(count);
    expect(new Date(hours[0]?.start ?? 0).getUTCMinutes()).toBe(minute);
  });

  it('prolongs the hour that half an hour is added to', () => {
    const hours = calendar('Australia/Lord_Howe', 60).periodsOf(dayNumber('2026-04-05'));
    expect(hours.map(({ start, end }) => (end - start) / HOUR)).toEqual([1, 1.5, ...Array(22).fill(1)]);
  });
});

it('tiles time', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Kathmandu',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(60 as const, 1440 as const),
      fc.integer({ min: 20_000, max: 22_000 }),
      (zone, minutes, first) => {
        const days = calendar(zone, minutes);
        const periods = [first, first + 1, first + 2].flatMap((day) => days.periodsOf(day));
        for (const [index, { start, end }] of periods.entries()) {
          expect(end).toBeGreaterThan(start);
          expect(periods[index + 1]?.start ?? end).toBe(end);
          expect(days.dayOf(start)).toBe(days.dayOf(end - 1));
        }
      },
    ),
    { numRuns: 150, seed: 1 },
  );
});
