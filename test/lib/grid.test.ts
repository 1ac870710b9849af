import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidConfig } from '../../lib/errors.ts';
import { cellAt, cellsOver, defineGrid, nextBoundary } from '../../lib/grid.ts';
import { formatInstant, HOUR, parseInstant } from '../../lib/time.ts';

const instant = (text: string) => parseInstant(text) ?? Number.NaN;
const hours = (zone: string, day: string) => {
  const cell = cellAt(defineGrid(1440, zone), instant(day));
  return (cell.end - cell.start) / HOUR;
};

describe('a day of the calendar', () => {
  it.each([
    ['UTC', '2026-03-29T12:00:00Z', 24],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', 25],
    ['America/New_York', '2026-03-08T20:00:00Z', 23],
    ['America/New_York', '2026-11-01T20:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-05T02:00:00Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-03T20:00:00Z', 23.5],
    ['Africa/Casablanca', '2026-02-15T12:00:00Z', 25],
    ['America/Havana', '2026-11-01T12:00:00Z', 25],
    ['America/Santiago', '2026-09-06T12:00:00Z', 23],
    ['America/Sao_Paulo', '2018-02-17T22:00:00Z', 25],
  ])('in %s at %s has %d hours', (zone, day, expected) => {
    expect(hours(zone, day)).toBe(expected);
  });

  it('begins at local midnight', () => {
    const cell = cellAt(defineGrid(1440, 'Europe/Berlin'), instant('2026-11-21T12:00:00Z'));
    expect([formatInstant(cell.start), formatInstant(cell.end)]).toEqual([
      '2026-11-20T23:00:00Z',
      '2026-11-21T23:00:00Z',
    ]);
  });
});

describe('hours on the day the clock changes', () => {
  const count = (zone: string, day: string) =>
    [...cellsOver(defineGrid(60, zone), cellAt(defineGrid(1440, zone), instant(day)))].length;

  it.each([
    ['Europe/Berlin', '2026-03-29T12:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-05T02:00:00Z', 24],
    ['Australia/Lord_Howe', '2026-10-03T20:00:00Z', 24],
  ])('in %s at %s are %d', (zone, day, expected) => {
    expect(count(zone, day)).toBe(expected);
  });
});

describe('cells', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'America/Havana',
    'Asia/Kolkata',
  );
  const grid = fc
    .tuple(fc.constantFrom(30, 60, 360, 1440), zone)
    .map(([minutes, name]) => defineGrid(minutes, name));
  const moment = fc.integer({ min: instant('2015-01-01'), max: instant('2035-01-01') });

  it('hold the instant they are asked for, and tile time', () => {
    fc.assert(
      fc.property(grid, moment, (cut, at) => {
        const cell = cellAt(cut, at);
        expect(cell.start <= at && at < cell.end).toBe(true);
        expect(cellAt(cut, cell.start)).toEqual(cell);
        expect(cellAt(cut, cell.end - 1)).toEqual(cell);
        expect(cellAt(cut, cell.end).start).toBe(cell.end);
        expect(cellAt(cut, cell.start - 1).end).toBe(cell.start);
        expect(nextBoundary(cut, at)).toBe(cell.end);
      }),
      { numRuns: 500 },
    );
  });
});

describe('defineGrid', () => {
  it('refuses a zone that the runtime does not know', () => {
    expect(() => defineGrid(1440, 'Mars/Olympus')).toThrow(InvalidConfig);
  });

  it('refuses a length that does not divide a day', () => {
    expect(() => defineGrid(7, 'UTC')).toThrow('does not divide a day');
  });
});
