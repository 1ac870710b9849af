import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StreamOutcome } from '../../cli/outcome.ts';
import { dynamoState } from '../../lib/state/dynamodb.ts';
import { type CloudStackSimulator, startCloudStack } from '../../simulators/cloudstack/server.ts';
import { type CmpSimulator, startCmp } from '../../simulators/cmp/server.ts';
import { run } from '../support/command.ts';
import { type DynamoServer, dynamoEnvironment, startDynamo } from '../support/dynamo-table.ts';

const NOW = '2026-11-21T10:00:00Z';
const TABLE = 'usage-sync';
let folder: string;
let cloud: CloudStackSimulator;
let cmp: CmpSimulator;
let dynamo: DynamoServer;
beforeAll(async () => {
  [cloud, cmp, dynamo] = await Promise.all([
    startCloudStack({ vms: 2, since: Date.parse('2026-11-15T00:00:00Z'), planNow: () => Date.parse(NOW) }),
    startCmp(),
    startDynamo(),
  ]);
  await dynamo.createTable(TABLE);
});
afterAll(() => Promise.all([cloud, cmp, dynamo].map((server) => server.close())));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-states-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The command with all streams of two accounts; ids keep tests apart that share a table. */
async function usageSync(
  command: string,
  ids: readonly string[],
  state: string,
  more: readonly string[] = [],
  secret = cloud.credentials.secret_key,
) {
  const accounts = join(folder, 'accounts.yaml');
  const account = {
    provider: 'cloudstack',
    credentials: { ...cloud.credentials, secret_key: secret },
    streams: ['resources', 'metrics', 'status', 'logs'],
  };
  const list = ids.map((id) => ({ id, ...account }));
  writeFileSync(accounts, JSON.stringify({ defaults: { poll_interval: 3600 }, accounts: list }));
  const { code, stdout, stderr } = await run(
    [command, '--accounts', accounts, '--out', folder, '--state', state, '--now', NOW, '--json', ...more],
    { env: { ...dynamoEnvironment(dynamo.url), ...cmpEnvironment() } },
  );
  return { code, stderr, said: JSON.parse(stdout || 'null') };
}

const cmpEnvironment = () => {
  const { key, secret, url } = cmp.credentials;
  return { CMP_URL: url, CMP_KEY: key, CMP_SECRET: secret, CMP_MODULE_ID: 'module' };
};
const statuses = ({ said }: { said: { accounts: StreamOutcome[] } }) =>
  said.accounts.map(({ error, report }) => report?.status ?? error?.code);

describe.each(['file', `dynamodb:${TABLE}`, 'cmp:'])('usage-sync --state %s', (kind) => {
  const state = () => (kind === 'file' ? `file:${join(folder, 'elsewhere')}` : kind);
  const ids = ['one', 'two'].map((id) => `${kind.replace(/\W/g, '')}-${id}`);

  it('runs every stream, and goes on where it was', async () => {
    const first = await usageSync('sync', ids, state());
    expect([first.code, ...statuses(first)]).toEqual([0, ...Array(8).fill('done')]);
    const second = await usageSync('sync', ids, state());
    expect([second.code, ...new Set(statuses(second))]).toEqual([0, 'nothing_due']);
    const { said } = await usageSync('status', ids, state());
    expect(said.partitions).toHaveLength(2);
    expect(said.partitions[0]).toMatchObject({ partition: 'all', failures: 0, due: 0 });
    expect(readdirSync(folder)).not.toContain('state');
  });

  it('remembers that credentials were refused', async () => {
    const refused = [`${ids[0]}-refused`];
    const sync = (secret: string) => usageSync('sync', refused, state(), ['--stream', 'metrics'], secret);
    const first = await sync('wrong');
    const asked = cloud.requests.length;
    const second = await sync('wrong');
    expect([first.code, second.code, cloud.requests.length - asked]).toEqual([1, 1, 0]);
    expect(second.stderr).toContain('not asked again before');
    const third = await sync(cloud.credentials.secret_key ?? '');
    expect([third.code, ...statuses(third)]).toEqual([0, 'done']);
  });
});

describe('usage-sync with a table', () => {
  it('is busy with what another holds', async () => {
    const other = dynamoState(TABLE, { client: dynamo.client(), now: Date.now });
    const lease = await other.acquire({ account: 'held', stream: 'metrics', partition: 'all' });
    const busy = await usageSync('sync', ['held'], `dynamodb:${TABLE}`, ['--stream', 'metrics']);
    expect([busy.code, ...statuses(busy)]).toEqual([4, 'busy']);
    await lease?.release();
  });

  it('says that it is not there, and asks the cloud nothing', async () => {
    const asked = cloud.requests.length;
    const lost = await usageSync('sync', ['lost'], 'dynamodb:nowhere');
    expect([lost.code, ...new Set(statuses(lost))]).toEqual([1, 'STATE_TABLE_MISSING']);
    expect(lost.stderr).toContain('Create it with the keys pk and sk');
    expect(lost.stderr).not.toMatch(/AWS SDK|NodeVersion/); // its opinion of this Node is not ours to repeat
    expect(cloud.requests.length).toBe(asked);
  });
});
