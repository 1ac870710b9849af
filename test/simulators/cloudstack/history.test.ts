import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../simulators/cloudstack/history.ts';
import { type CloudStackOptions, settingsOf } from '../../../simulators/cloudstack/options.ts';
import { secondsIn, type Use } from '../../../simulators/cloudstack/use.ts';
import { type World, worldOf } from '../../../simulators/cloudstack/world.ts';

const DAY = 86_400_000;
const since = Date.UTC(2026, 0, 1);
const year = { start: since, end: since + 330 * DAY };

const worldFor = (options: CloudStackOptions = {}): World => worldOf(settingsOf({ vms: 12, ...options }));
const plain = (uses: readonly Use[]) => uses.map(({ describe, amountIn, ...rest }) => rest);
const usesOf = (world: World, interval: { start: number; end: number }) =>
  plain(historyOf(world).usesIn(interval));

describe('history', () => {
  it('is extended by a later question, and never changed', () => {
    const early = { start: since + 10 * DAY, end: since + 11 * DAY };
    const asked = historyOf(worldFor());
    const before = plain(asked.usesIn(early));
    asked.usesIn(year);
    expect(plain(asked.usesIn(early))).toEqual(before);
    expect(usesOf(worldFor(), early)).toEqual(before);
    expect(before.length).toBeGreaterThan(50);
  });

  it('follows from its seed', () => {
    const june = { start: since + 150 * DAY, end: since + 160 * DAY };
    expect(usesOf(worldFor({ seed: 2 }), june)).not.toEqual(usesOf(worldFor({ seed: 1 }), june));
  });

  it('adds machines without touching those that were there', () => {
    const june = { start: since + 150 * DAY, end: since + 160 * DAY };
    const few = new Set(usesOf(worldFor({ vms: 3 }), june).map((use) => JSON.stringify(use)));
    const many = new Set(usesOf(worldFor({ vms: 30 }), june).map((use) => JSON.stringify(use)));
    for (const use of few) expect(many).toContain(use);
  });

  it('has nothing before it begins', () => {
    expect(usesOf(worldFor(), { start: since - 90 * DAY, end: since })).toEqual([]);
  });

  it('has every usage type, and an offering that changed, a disk that grew, a machine that ended', () => {
    const uses = usesOf(worldFor({ vms: 30 }), year);
    const types = [...new Set(uses.map((use) => use.type))].sort((a, b) => a - b);
    expect(types).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    ]);
    const several = (type: number) => {
      const ids = uses.filter((use) => use.type === type).map((use) => use.id);
      return ids.length - new Set(ids).size;
    };
    expect(several(2)).toBeGreaterThan(0);
    expect(several(6)).toBeGreaterThan(0);
    expect(uses.some((use) => use.type === 2 && use.spans.some(({ end }) => end < year.end))).toBe(true);
  });

  it('moves on whole seconds, and runs no longer than it exists', () => {
    const uses = usesOf(worldFor(), year);
    for (const { spans } of uses) {
      for (const { start, end } of spans) {
        expect(start % 1000).toBe(0);
        expect(end === Number.POSITIVE_INFINITY || end % 1000 === 0).toBe(true);
        expect(end).toBeGreaterThanOrEqual(start);
      }
    }
    const lived = (type: number, id: string) =>
      uses
        .filter((use) => use.type === type && use.id === id)
        .reduce((sum, { spans }) => sum + secondsIn(spans, { start: 0, end: 1e14 }), 0);
    for (const { id } of uses.filter((use) => use.type === 1)) {
      expect(lived(1, id)).toBeLessThanOrEqual(lived(2, id));
    }
  });
});
