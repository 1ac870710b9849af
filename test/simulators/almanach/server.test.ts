import { describe, expect, it } from 'vitest';
import { startAlmanach } from '../../../simulators/almanach/index.ts';
import { almanach, call, list, NOW } from './caller.ts';

const all = ['2026-09-01 00:00:00', '2026-12-01 00:00:00'] as const;

describe('a simulated Almanach', () => {
  it('lists what its projects used, and nothing for the one without usage or for one that is not there', async () => {
    const cloud = await almanach();
    const counts = await Promise.all(
      [...cloud.projects.map(({ id }) => id), 'nowhere'].map(
        async (id) => (await list(cloud, id, all)).length,
      ),
    );
    expect(counts.slice(0, 3).every((count) => count > 40 && count < 100)).toBe(true);
    expect(counts.slice(3)).toEqual([0, 0]);
  });

  it('is the same for the same seed, and later only more of it', async () => {
    const project = async (seed: number, now: number) => {
      const cloud = await almanach({ seed, now: () => now });
      const rows = await list(cloud, cloud.projects[0]?.id ?? '', all);
      return rows.map(({ entity_id, start }) => `${entity_id} ${start}`);
    };
    const early = await project(1, NOW - 30 * 86_400_000);
    const later = await project(1, NOW);
    expect(later.slice(0, early.length)).toEqual(early);
    expect(later.length).toBeGreaterThan(early.length);
    expect(await project(1, NOW)).toEqual(later);
    expect(await project(2, NOW)).not.toEqual(later);
  });

  it('forgives two slashes at the beginning, and none at the end', async () => {
    const cloud = await almanach();
    const statuses = ['//v1/info', '/v1/info/', '/v1//info', '/v1/%zz'].map(
      async (path) => (await call(cloud, path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 404, 404, 404]);
  });

  it('closes a young volume that has no other row, where it would remove one that has', async () => {
    const cloud = await almanach();
    const write = (method: string, path: string, body: unknown) =>
      call(cloud, `/v1${path}`, { method, body });
    const disk = {
      volume_id: 'd',
      start: '2026-11-20',
      volume_type: null,
      size: 5,
      volume_name: 'd',
      attached_to: [],
    };
    await write('POST', '/project/p/volume', disk);
    await write('DELETE', '/volume/d', { date: '2026-11-20T00:00:01Z' });
    const ends = () => cloud.rows().flatMap(({ id, end }) => (id === 'd' ? [end] : []));
    expect(ends()).toEqual([Date.UTC(2026, 10, 20, 0, 0, 1)]);
    await write('POST', '/project/p/volume', { ...disk, start: '2026-11-21' });
    await write('DELETE', '/volume/d', { date: '2026-11-21T00:00:01Z' });
    expect(ends()).toEqual([Date.UTC(2026, 10, 20, 0, 0, 1)]);
  });

  it('begins with given rows, and gives out their projects', async () => {
    const row = {
      entity_type: 'volume',
      entity_id: 'v',
      start: '2026-10-01 00:00:00+00:00',
      end: null,
      size: 3,
    };
    const rows = ['p', 'q', 'p'].map((project_id) => ({ ...row, project_id }));
    const cloud = await almanach({ rows, faults: ['unknown-entity-type'] });
    expect(cloud.credentials.project_ids).toEqual(['p', 'q']);
    expect(await list(cloud, 'q', all)).toMatchObject([{ entity_id: 'v', size: 3, processed: null }]);
    await expect(list(cloud, 'p', all)).rejects.toThrow('Unsupported entity type');
    expect(await list(cloud, 'p', all, 'volumes')).toHaveLength(2);
    await expect(startAlmanach({ rows: [{ ...row, start: 'never' }] })).rejects.toThrow(
      'Not a date of a row',
    );
  });

  it('says how it stands, and takes other faults, without a token', async () => {
    const cloud = await almanach();
    const body = { faults: ['missing-array'] };
    await call(cloud, '/__simulator', { method: 'POST', body, token: null });
    const { text } = await call(cloud, `/v1/project/x/volumes?start=2026-10-01+00:00:00.0`);
    expect(text).toBe('{}');
    expect(cloud.requests[0]).toMatchObject({ command: 'volumes', fault: 'missing-array', status: 200 });
    await expect(startAlmanach({ faults: ['nope'] })).rejects.toThrow('Unknown fault: nope');
  });
});
