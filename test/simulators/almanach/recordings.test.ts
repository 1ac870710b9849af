import { describe, expect, it } from 'vitest';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';
import type { AlmanachSimulator } from '../../../simulators/almanach/server.ts';
import { almanach } from './caller.ts';
import { folders, type Recorded, type Recordings, recordingsIn, rowsOf } from './recorded.ts';

/** The recorded server, in the order in which it was spoken to. */
const main = [
  ...['info', 'volume_types', 'list_entities-window', 'list_instances-window', 'list_volumes-window'],
  ...['list_entities-no-end', 'list_entities-tenant-b', 'list_entities-tenant-unicode'],
  ...['list_entities-empty-tenant', 'list_entities-unknown-tenant', 'list_entities-unversioned'],
  ...['list-interval-boundaries', 'list-date-format-ok', 'error-list-missing-start', 'error-list-bad-date'],
  ...[
    'get_entity',
    'error-get_entity-unknown',
    'head_entity',
    'legacy-rows',
    'error-unsupported-entity-type',
  ],
  ...['error-auth', 'error-routing', 'create_instance', 'create_instance-duplicate', 'error-create_instance'],
  ...['create_instance-lenient-dates', 'delete_instance', 'error-delete_instance', 'resize_instance'],
  ...['error-resize_instance', 'rebuild_instance', 'error-rebuild_instance', 'update_instance_entity-active'],
  ...['error-update_instance_entity-active', 'update_instance_entity-closed'],
  ...['error-update_instance_entity-closed', 'create_volume', 'error-create_volume', 'resize_volume'],
  ...['attach_detach_volume', 'delete_volume', 'volume_type-writes', 'info-after'],
];

const newer = [
  'info',
  'list_entities-window',
  'list_volumes-window',
  'get_entity',
  'legacy-rows',
  'error-routing',
  'error-list-missing-start',
];

/** Servers that were recorded for one file only: their settings, and the listings that their rows come from. */
const others: Readonly<Record<string, AlmanachOptions & { readonly from?: string }>> = {
  'auth-mode-private-key': { auth: 'private_key', from: 'list_entities-tenant-b' },
  'auth-mode-keystone': { auth: 'keystone', from: 'list_entities-tenant-b' },
  'auth-mode-mixed': { auth: 'mixed', from: 'list_entities-tenant-b' },
  'auth-mode-misspelt-mixed': { auth: 'misspelt-mixed' },
  'auth-low-privilege-service-account': {
    auth: 'keystone',
    validate: async (token) => (token === 'fernet-token-001' ? 'valid' : 'service-refused'),
  },
  'error-auth-bad-service-account': { auth: 'keystone', faults: ['service-account-refused'] },
  'error-auth-keystone-unreachable': {
    auth: 'keystone',
    faults: ['keystone-unreachable'],
    rows: [filler('a', null), filler('b', null), filler('c', '2026-10-01 00:00:00+00:00')],
  },
  'error-auth-mixed-keystone-unreachable': { auth: 'mixed', faults: ['keystone-unreachable'] },
  'default-config-image-meta': { imageMeta: [] },
  'quirk-no-end-uses-local-clock': { imageMeta: [], faults: ['end-missing-local-clock'] },
  'quirk-form-content-type': {},
  'quirk-ids-in-path': {},
};

const settings: AlmanachOptions = {
  now: () => Date.UTC(2026, 10, 21, 2, 17, 37, 631),
  auth: 'mixed',
  validate: async (token) => (/^fernet-token-00[12]$/.test(token) ? 'valid' : 'invalid'),
  rows: [],
};

/** What was done to the recorded server between two recordings. */
const between: Readonly<Record<string, readonly Recorded['request'][]>> = {
  'update_instance_entity-closed': [
    write('POST', '/v1/project/alm-lab-project/instance', {
      ...{ id: '2b52f6da-13fb-5420-a1ed-69d22a6a8e57', created_at: '2026-10-02', name: 'lab-clo' },
      ...{ flavor: 'm1.small', os_distro: 'ubuntu', os_version: '22.04', os_type: 'linux' },
    }),
    write('DELETE', '/v1/instance/2b52f6da-13fb-5420-a1ed-69d22a6a8e57', { date: '2026-10-05' }),
  ],
};

function write(method: string, path: string, body: unknown): Recorded['request'] {
  return { method, path, headers: { 'X-Auth-Token': 's3cr3t-private-key' }, body: JSON.stringify(body) };
}

function filler(id: string, end: string | null) {
  const start = '2026-09-01 00:00:00+00:00';
  return { entity_type: 'instance', entity_id: id, project_id: 'unlisted', start, end, last_event: start };
}

/** The rows that the recorded server began with: those that its listings show, and as many more as it counted. */
function beginning(recordings: Recordings): NonNullable<AlmanachOptions['rows']> {
  const listed = ['list_entities-no-end', 'list_entities-window', 'list_entities-tenant-b'];
  const rows = rowsOf(recordings, [...listed, 'list_entities-tenant-unicode', 'legacy-rows']);
  rows.push({
    ...filler('legacy-net-1', null),
    ...{ entity_type: 'network', project_id: 'legacy-tenant-network', start: '2026-10-02 00:00:00+00:00' },
  });
  const counted = recordings.get('info')?.[0]?.response.json as { database: Record<string, number> };
  const { active_entities: active = 0, all_entities: all = 0 } = counted.database;
  const missing = active - rows.filter(({ end }) => end === null).length;
  for (let index = 0; index < missing; index += 1) rows.push(filler(`open-${index}`, null));
  while (rows.length < all) rows.push(filler(`closed-${rows.length}`, '2026-09-02 00:00:00+00:00'));
  return rows;
}

/** A row with the metadata in the order in which it was written, not in that of its letters. */
function asWritten(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const meta = row.image_meta as Readonly<Record<string, unknown>> | undefined;
  if (meta === undefined) return row;
  const keys = ['distro', 'version', 'os_type'].filter((key) => key in meta);
  return { ...row, image_meta: Object.fromEntries(keys.map((key) => [key, meta[key]])) };
}

/** Sends a recorded request, with the simulator's own key where the recorded one was. */
async function send(
  { url, credentials }: AlmanachSimulator,
  { method, path, headers, body }: Recorded['request'],
) {
  const sent = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    /^(s3cr3t-private-key|secret)$/.test(value) ? String(credentials.token) : value,
  ]);
  return fetch(`${url}${path}`, { method, headers: sent, ...(body == null ? {} : { body }) });
}

/** When a row was last written is the one thing that differs from run to run. */
function withoutClock(text: string): string {
  return text.replace(/"processed": "[^"]+"/g, '"processed": "then"');
}

async function hold(simulator: AlmanachSimulator, { request, response }: Recorded): Promise<void> {
  const got = await send(simulator, request);
  const text = withoutClock(await got.text());
  const recorded = new Map(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
  expect(got.status).toBe(response.status);
  if (response.reason !== undefined) expect(got.statusText.toUpperCase()).toBe(response.reason.toUpperCase());
  for (const name of ['content-type', 'content-length']) {
    if (recorded.has(name)) expect(got.headers.get(name), name).toBe(recorded.get(name));
  }
  const methods = (allow: string | null | undefined) => allow?.split(', ').sort();
  if (recorded.has('allow'))
    expect(methods(got.headers.get('allow'))).toEqual(methods(recorded.get('allow')));
  if (request.method === 'HEAD') return;
  if (typeof response.body === 'string') expect(text).toBe(withoutClock(response.body));
  else expect(JSON.parse(text)).toEqual(JSON.parse(withoutClock(pythonLike(response.json))));
}

/** Text in which `withoutClock` finds what it looks for. */
function pythonLike(value: unknown): string {
  return JSON.stringify(value, null, 1);
}

describe.each(folders)('the recordings of %s', (folder) => {
  const recordings = recordingsIn(folder);
  const has = (name: string) => recordings.has(name);
  const types = recordings.get('volume_types')?.[0]?.response.json as NonNullable<
    AlmanachOptions['volumeTypes']
  >;

  async function play(simulator: AlmanachSimulator, name: string): Promise<void> {
    for (const request of between[name] ?? []) expect((await send(simulator, request)).ok).toBe(true);
    for (const [index, exchange] of (recordings.get(name) ?? []).entries()) {
      await hold(simulator, exchange).catch((error: unknown) => {
        throw new Error(`${name} ${index}: ${exchange.title ?? ''}`, { cause: error });
      });
    }
  }

  it('are held, every one', () => {
    const held = [...main, ...newer.map((name) => `alt-stack/${name}`), ...Object.keys(others)];
    expect([...recordings.keys()].filter((name) => !held.includes(name))).toEqual([]);
  });

  it('of one server after the other are given again', async () => {
    const rows = beginning(recordings);
    const simulator = await almanach({ ...settings, rows, volumeTypes: types });
    for (const name of main.filter(has)) await play(simulator, name);
  });

  it('of a newer stack are given again', async () => {
    const rows = beginning(recordings).map(asWritten);
    const simulator = await almanach({ ...settings, rows, volumeTypes: types, dateFormat: 'iso' });
    for (const name of newer.map((one) => `alt-stack/${one}`).filter(has)) await play(simulator, name);
  });

  it.each(Object.keys(others).filter(has))('of %s are given again', async (name) => {
    const { from, ...options } = others[name] ?? {};
    const rows = from === undefined ? [] : rowsOf(recordings, [from]);
    await play(await almanach({ ...settings, rows, ...options }), name);
  });
});
