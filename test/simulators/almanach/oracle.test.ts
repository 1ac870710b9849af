import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Overlap, oracle, rowsAt, type TrueUse } from '../../../simulators/almanach/oracle.ts';
import type { InstanceRow } from '../../../simulators/almanach/row.ts';
import { almanach, call, list, NOW } from './caller.ts';
import { folders, recordingsIn } from './recorded.ts';

const HOUR = 3_600_000;
const october = { start: Date.UTC(2026, 9, 1), end: Date.UTC(2026, 10, 1) };

const expectation = z.object({
  now: z.string().default('2026-11-21 02:00:00+00:00'),
  totals_sum_of_rows: z.object({ instance_ms: z.number(), volume_ms: z.number(), volume_gib_ms: z.number() }),
  overlapping_rows_of_one_entity: z.array(z.object({ entity_id: z.string(), union_ms: z.number() })),
  rows: z.array(z.object({ entity_id: z.string(), overlap_ms: z.number() })),
});

const expected = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('EXPECTED'))
    .map((name) => ({ folder, name })),
);

const sumOf = (uses: readonly TrueUse[]) => uses.reduce((sum, { ms }) => sum + ms, 0);
const lengthsOf = (uses: readonly TrueUse[]) =>
  uses.map(({ row, ms }) => `${row.id} ${ms}`).sort((a, b) => (a < b ? -1 : 1));

describe.each(expected)(
  'the oracle over the recorded rows, as $name of $folder has it',
  ({ folder, name }) => {
    const wanted = expectation.parse(JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')));
    const rows = recordingsIn(folder).get('list_entities-window')?.[0]?.response.json as Record<
      string,
      unknown
    >[];
    const usage = async (overlap: Overlap) => {
      const now = Date.parse(wanted.now.replace(' ', 'T'));
      const cloud = await almanach({ rows, now: () => now });
      return cloud.oracle({ project: String(rows[0]?.project_id), interval: october, overlap });
    };

    it('counts each row to the millisecond', async () => {
      const counted = wanted.rows.filter(({ overlap_ms }) => overlap_ms > 0);
      expect(lengthsOf(await usage('sum'))).toEqual(
        counted
          .map(({ entity_id, overlap_ms }) => `${entity_id} ${overlap_ms}`)
          .sort((a, b) => (a < b ? -1 : 1)),
      );
    });

    it('comes to the same sums', async () => {
      const uses = await usage('sum');
      const volumes = uses.flatMap(({ row, ms }) =>
        row.type === 'volume' ? [{ ms, size: Number(row.size) }] : [],
      );
      expect({
        instance_ms: sumOf(uses.filter(({ row }) => row.type === 'instance')),
        volume_ms: volumes.reduce((sum, { ms }) => sum + ms, 0),
        volume_gib_ms: volumes.reduce((sum, { ms, size }) => sum + ms * size, 0),
      }).toEqual(wanted.totals_sum_of_rows);
    });

    it('counts an id once at a time when rows of it overlap', async () => {
      const uses = await usage('union');
      for (const { entity_id, union_ms } of wanted.overlapping_rows_of_one_entity) {
        expect(sumOf(uses.filter(({ row }) => row.id === entity_id))).toBe(union_ms);
      }
      const doubled = wanted.overlapping_rows_of_one_entity.map(({ entity_id }) => entity_id);
      const single = ({ row }: TrueUse) => !doubled.includes(row.id);
      expect(uses.filter(single)).toEqual((await usage('sum')).filter(single));
    });
  },
);

describe('the oracle', () => {
  const project = 'p';
  const row = (id: string, start: number, end: number | null): InstanceRow => ({
    ...{ type: 'instance', id, project, start, end, lastEvent: start, processed: start },
    ...{ name: id, flavor: `${start}`, meta: {}, metadata: {} },
  });
  const someRow = fc
    .tuple(fc.constantFrom('a', 'b'), fc.nat(40), fc.option(fc.nat(40)))
    .map(([id, start, end]) => row(id, start, end));

  it('agrees with counting every millisecond', () => {
    const overlaps = fc.constantFrom<Overlap>('union', 'sum');
    const span = fc.tuple(fc.nat(45), fc.nat(45), fc.nat(50));
    fc.assert(
      fc.property(fc.array(someRow, { maxLength: 6 }), span, overlaps, (rows, [start, end, now], overlap) => {
        const uses = oracle(rows, { project, interval: { start, end }, now, overlap });
        const counts = new Map<InstanceRow, number>();
        for (let at = start; at < Math.min(end, now); at += 1) {
          for (const id of ['a', 'b']) {
            const alive = rows.filter((one) => one.id === id && one.start <= at && at < (one.end ?? 99));
            const latest = Math.max(...alive.map((one) => one.start));
            const counted = overlap === 'sum' ? alive : alive.filter((one) => one.start === latest).slice(-1);
            for (const one of counted) counts.set(one, (counts.get(one) ?? 0) + 1);
          }
        }
        expect(new Map(uses.map((use) => [use.row, use.ms]))).toEqual(counts);
      }),
    );
  });

  it('gives neighbouring windows that add up to the whole', () => {
    const rows = rowsAt({ seed: 5 }, NOW);
    const ofFirst = rows[0]?.project ?? '';
    for (const overlap of ['union', 'sum'] as const) {
      const between = (start: number, end: number) =>
        sumOf(oracle(rows, { project: ofFirst, interval: { start, end }, now: NOW, overlap }));
      const cuts = [october.start, october.start + 7 * HOUR + 1, october.start + 500 * HOUR, october.end];
      const parts = cuts.slice(1).map((end, index) => between(cuts[index] ?? 0, end));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(between(october.start, october.end));
    }
  });

  it('agrees with what is listed, when every row counts', async () => {
    const cloud = await almanach({ seed: 2 });
    const interval = { start: Date.UTC(2026, 8, 1), end: NOW };
    for (const { id } of cloud.projects) {
      const listed = await list(cloud, id, ['2026-09-01 00:00:00', '2026-11-21 12:00:00']);
      const at = (text: string) => Date.parse(text.replace(' ', 'T'));
      const lengths = listed.map((shown) => Math.max(0, (shown.end ? at(shown.end) : NOW) - at(shown.start)));
      const truth = sumOf(cloud.oracle({ project: id, interval, overlap: 'sum' }));
      expect(truth).toBe(lengths.reduce((sum, length) => sum + length, 0));
    }
  });

  it('is the same from the options alone, whatever faults are on', async () => {
    const cloud = await almanach({ seed: 4, faults: ['late-rows', 'rewritten-rows', 'nan-size'] });
    expect(cloud.rows()).toEqual(rowsAt({ seed: 4 }, NOW));
  });
});

describe('writes through the API', () => {
  const interval = { start: NOW - 24 * HOUR, end: NOW };
  const id = 'written';
  const instance = { id, name: 'n', flavor: 'small', os_distro: 'd', os_version: '1', os_type: 'linux' };
  const at = (hoursAgo: number) => new Date(NOW - hoursAgo * HOUR).toISOString();

  it('change the truth', async () => {
    const cloud = await almanach();
    const project = cloud.projects[3]?.id ?? '';
    const truth = () =>
      cloud
        .oracle({ project, interval, overlap: 'union' })
        .map(({ row, ms }) => [row.type === 'instance' ? row.flavor : row.size, ms / HOUR]);
    const write = async (method: string, path: string, body: unknown) => {
      const { status, text } = await call(cloud, `/v1${path}`, { method, body });
      expect([200, 201, 202], text).toContain(status);
    };
    expect(truth()).toEqual([]);
    await write('POST', `/project/${project}/instance`, { ...instance, created_at: at(10) });
    expect(truth()).toEqual([['small', 10]]);
    await write('PUT', `/instance/${id}/resize`, { date: at(6), flavor: 'large' });
    expect(truth()).toEqual([
      ['small', 4],
      ['large', 6],
    ]);
    await write('DELETE', `/instance/${id}`, { date: at(1) });
    expect(truth()).toEqual([
      ['small', 4],
      ['large', 5],
    ]);
    const query = new URLSearchParams({ start: '2026-11-21 05:00:00.0', end: '2026-11-21 12:00:00.0' });
    await write('PUT', `/entity/instance/${id}?${query}`, { end_date: at(3) });
    expect(truth()).toEqual([
      ['small', 4],
      ['large', 3],
    ]);
    const disk = {
      volume_id: 'd',
      start: at(2),
      volume_type: null,
      size: 5,
      volume_name: 'd',
      attached_to: [],
    };
    await write('POST', `/project/${project}/volume`, disk);
    expect(truth()).toEqual([
      ['small', 4],
      ['large', 3],
      [5, 2],
    ]);
  });

  it('are not overtaken by what history had in store for the same id', async () => {
    let now = NOW;
    const cloud = await almanach({ now: () => now });
    const open = cloud
      .rows()
      .find((row) => row.type === 'instance' && row.end === null && /-\d-\d/.test(`${row.name}`));
    const path = `/v1/entity/instance/${open?.id}`;
    const end_date = `${new Date(NOW).toISOString().slice(0, -1)}000Z`;
    expect((await call(cloud, path, { method: 'PUT', body: { end_date } })).status).toBe(200);
    now += 60 * 24 * HOUR;
    const ends = cloud.rows().filter((row) => row.id === open?.id);
    expect(ends.every(({ end }) => end !== null && end <= NOW)).toBe(true);
  });
});
