import { describe, expect, it } from 'vitest';
import { provider } from '../../../functions/almanach/index.ts';
import { parseRow } from '../../../functions/almanach/normalize.ts';
import { openNow, serversOf, volumesOf } from '../../../functions/almanach/resources.ts';
import { scripted, signal } from './connected.ts';
import { answerIn } from './recorded.ts';

const NOW = Date.UTC(2026, 10, 1);
const rows = (answerIn('list_entities-window') as unknown[]).map(parseRow);
const open = openNow(rows, NOW);
const ofType = (type: string) => open.filter((row) => row.entity_type === type);

const base = { project_id: 'p', start: '2026-10-01 00:00:00', end: null, name: 'n' };
const server = (id: string, more = {}) =>
  parseRow({ entity_type: 'instance', entity_id: id, ...base, ...more });
const disk = (id: string, more = {}) =>
  parseRow({ entity_type: 'volume', entity_id: id, size: 1, ...base, ...more });

describe('what exists now', () => {
  it('are the recorded entities that had not ended, each once', () => {
    const names = open.map(({ name }) => name);
    expect(names).toContain('a-starts-at-window-end');
    expect(names).not.toContain('a-ends-at-window-start');
    expect(new Set(open.map(({ entity_id }) => entity_id)).size).toBe(open.length);
    expect(open.find(({ name }) => name === 'a-resized-twice')?.flavor).toBe('m1.xlarge');
    expect(open.find(({ name }) => name === 'a-dup-later')?.flavor).toBe('m1.large');
  });

  it('is not what ends at this moment, or begins later', () => {
    const at = '2026-11-01 00:00:00';
    expect(openNow([server('a', { end: at }), server('b', { start: '2026-11-01 00:00:01' })], NOW)).toEqual(
      [],
    );
    expect(openNow([server('a', { start: at })], NOW)).toHaveLength(1);
  });

  it('is told by the open row, else by the one that started last, in any order of the answer', () => {
    const later = { start: '2026-10-05 00:00:00', end: '2026-12-01 00:00:00', flavor: 'closed' };
    const all = [
      server('a', later),
      server('a', { flavor: 'open' }),
      server('a', { ...later, start: base.start }),
    ];
    for (const given of [all, [...all].reverse()]) expect(openNow(given, NOW)[0]?.flavor).toBe('open');
    const twins = [server('b', { flavor: 'x' }), server('b', { flavor: 'y' })];
    expect(openNow(twins, NOW)).toEqual(openNow([...twins].reverse(), NOW));
  });
});

describe('resources', () => {
  it('are servers with their type and image, and what is attached to them', () => {
    const [found] = serversOf(
      [
        server('vm', {
          flavor: 'm1.small',
          image_meta: { distro: 'ubuntu', version: '22.04', os_type: 'linux' },
        }),
      ],
      [disk('d1', { attached_to: ['vm'], size: 2 }), disk('d2', { attached_to: 'vm' }), disk('d3')],
    );
    expect(found).toMatchObject({
      id: 'vm',
      type: 'server',
      base: { name: 'n', provider_created_at: null },
      connections: { volume: [{ id: 'd1' }, { id: 'd2' }] },
      details: {
        server: {
          instance_type: 'm1.small',
          volumes_b: 3 * 1024 ** 3,
          state: 'unknown',
          image_detail: { id: 'ubuntu 22.04', distribution: 'ubuntu', version: '22.04', type: 'Linux' },
        },
      },
    });
  });

  it('have no image where the operator lets nothing through', () => {
    for (const image of [{ image_meta: {} }, { image_meta: { distro: null } }, {}]) {
      const [found] = serversOf([server('vm', image)], []);
      expect(found).toMatchObject({ details: { server: { image_detail: null, volumes_b: 0 } } });
    }
  });

  it('are volumes with their size and servers; a size that is no number is unknown', () => {
    const [first, second] = volumesOf([
      disk('d1', { size: '20', volume_type: 'ssd', attached_to: ['vm'] }),
      disk('d2', { size: 'many', name: '' }),
    ]);
    expect(first).toMatchObject({
      type: 'volume',
      connections: { server: [{ id: 'vm' }] },
      metadata: { provider_specific: { volume_type: 'ssd', size: '20', project_id: 'p' } },
      details: { volume: { size_b: 20 * 1024 ** 3 } },
    });
    expect(second).toMatchObject({ base: { name: 'd2' }, details: { volume: { size_b: null } } });
  });

  it('can be made of everything recorded', () => {
    const servers = serversOf(ofType('instance'), ofType('volume'));
    const volumes = volumesOf(ofType('volume'));
    expect(servers.length + volumes.length).toBe(open.length);
    const linked = volumes.find(({ base }) => base.name === 'a-v-attached-string');
    expect(linked?.connections).toEqual({ server: [{ id: '3350a4e2-b3ab-5b42-9524-30d29d39ccb4' }] });
  });

  it('are read of one project at one moment, and name what cannot be shown', async () => {
    const { client, server: asked } = await scripted((call) =>
      call.endsWith('/entities')
        ? { status: 500, body: { error: 'Unsupported entity type: "network"' } }
        : { body: call.endsWith('/instances') ? [server('vm')] : [disk('d', { attached_to: ['vm'] })] },
    );
    const request = { locations: {}, partition: 'p', now: NOW, signal };
    const { items, notes } = (await provider.streams.resources?.collect(client, request)) ?? {
      items: [],
      notes: [],
    };
    expect(items.map(({ type, id }) => `${type} ${id}`)).toEqual(['server vm', 'volume d']);
    expect(notes).toEqual([expect.stringContaining('type network')]);
    expect(asked.requests[0]?.path).toMatch(
      /\/p\/entities\?start=2026-11-01\+00%3A00%3A00.000000&end=2026-11-01/,
    );
  });

  it('are where the account says that its region is', async () => {
    const { client } = await scripted(() => ({ body: [server('vm')] }), { region_name: 'north' });
    const request = { partition: 'p', now: NOW, signal };
    const north = { country: { name: 'Norway' } };
    const collect = provider.streams.resources?.collect;
    const found = await collect?.(client, { ...request, locations: { north } });
    expect(found?.items[0]?.base).toMatchObject({ locations: [north] });
    const unknown = await collect?.(client, { ...request, locations: { south: north } });
    expect(unknown?.items[0]?.base).toMatchObject({ regions: [{ id: 'north' }] });
  });

  it('fail whole when one row cannot be read', async () => {
    const { client } = await scripted(() => ({ body: [server('vm'), { entity_type: 'volume' }] }));
    const request = { locations: {}, partition: 'p', now: NOW, signal };
    await expect(provider.streams.resources?.collect(client, request)).rejects.toMatchObject({
      name: 'MalformedResponse',
    });
  });
});
