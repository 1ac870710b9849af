import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../simulators/almanach/history.ts';
import { settingsOf } from '../../../simulators/almanach/options.ts';
import { rowsAt } from '../../../simulators/almanach/oracle.ts';
import type { InstanceRow, Row, VolumeRow } from '../../../simulators/almanach/row.ts';
import { createTable } from '../../../simulators/almanach/table.ts';
import { worldOf } from '../../../simulators/almanach/world.ts';
import { NOW } from './caller.ts';

const HOUR = 3_600_000;
const seeds = [1, 2, 3, 4, 5];
const groupsOf = (rows: readonly Row[]) => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.id, [...(groups.get(row.id) ?? []), row]);
  return [...groups.values()];
};
const instances = (rows: readonly Row[]) => rows.filter((row): row is InstanceRow => row.type === 'instance');
const volumes = (rows: readonly Row[]) => rows.filter((row): row is VolumeRow => row.type === 'volume');

describe.each(seeds)('a history with the seed %i', (seed) => {
  const world = worldOf(settingsOf({ seed }));
  const busy = world.projects.slice(0, -1);
  const all = rowsAt({ seed }, NOW);

  it('has about fifty rows per project at the end of November, and none in the last', () => {
    for (const { id } of busy) {
      const count = all.filter(({ project }) => project === id).length;
      expect(count).toBeGreaterThan(35);
      expect(count).toBeLessThan(90);
    }
    expect(all.filter(({ project }) => project === world.projects.at(-1)?.id)).toEqual([]);
  });

  it('only asks for what its rows can give', () => {
    const table = createTable([], world.volumeTypes);
    const happen = () => {
      for (const event of historyOf(world).between(0, NOW + 90 * 24 * HOUR)) event.apply(table);
    };
    expect(happen).not.toThrow();
  });

  it('goes the same way step by step as at once', () => {
    const table = createTable([], world.volumeTypes);
    const history = historyOf(world);
    for (let at = 0, next = world.since - 1; at < NOW; at = next) {
      next = Math.min(next + 37 * HOUR, NOW);
      for (const event of history.between(at, next)) event.apply(table);
    }
    expect(table.rows).toEqual(all);
  });

  it('knows nothing that is still to come', () => {
    const early = rowsAt({ seed }, NOW - 40 * 24 * HOUR);
    const moments = early.flatMap(({ start, end, lastEvent }) => [start, end ?? 0, lastEvent ?? 0]);
    expect(Math.max(...moments)).toBeLessThanOrEqual(NOW - 40 * 24 * HOUR);
    expect(early.length).toBeLessThan(all.length);
  });

  it.each(busy)('has in $name what a real server was seen to hold', ({ id }) => {
    const rows = all.filter(({ project }) => project === id);
    const groups = groupsOf(rows);
    const some = (found: readonly unknown[], what: string) => expect(found.length, what).toBeGreaterThan(0);
    some(
      rows.filter(({ start, end }) => end !== null && end < start),
      'an end before its start',
    );
    some(
      rows.filter(({ start, end }) => end === start),
      'no length',
    );
    some(
      rows.filter(({ end }) => end === null),
      'open rows',
    );
    some(
      rows.filter(({ start, end }) => end === start + HOUR && start % HOUR === 0),
      'an hour to the millisecond',
    );
    some(
      rows.filter(({ start }) => start % 1000 !== 0),
      'milliseconds',
    );
    some(
      rows.filter(({ processed }) => processed === null),
      'rows of an older release',
    );
    some(
      instances(rows).filter(({ flavor }) => flavor === null),
      'no flavor',
    );
    some(
      instances(rows).filter(({ meta }) => !('os_type' in meta)),
      'half an image',
    );
    some(
      volumes(rows).filter(({ size }) => typeof size === 'string'),
      'a size as text',
    );
    some(
      volumes(rows).filter(({ size }) => !Number.isInteger(Number(size))),
      'half a GiB',
    );
    some(
      volumes(rows).filter(({ attachedTo }) => typeof attachedTo === 'string'),
      'an attachment as text',
    );
    some(
      volumes(rows).filter(({ volumeType }) => volumeType === null),
      'no type',
    );
    some(
      groups.filter(([a, b]) => a && b && a.start === b.start),
      'one id twice from the same moment',
    );
    some(
      groups.filter((group) => group.some(({ end }) => group.some(({ start }) => start === end))),
      'rows that touch',
    );
    some(
      groups.filter((group) =>
        group.some((a) => group.some((b) => a.start < b.start && (a.end === null || a.end > b.start))),
      ),
      'rows of one id that overlap',
    );
  });

  it('has a server that moves to another project', () => {
    const moved = groupsOf(all).filter((group) => new Set(group.map(({ project }) => project)).size > 1);
    expect(moved).toHaveLength(busy.length - 1);
  });
});
