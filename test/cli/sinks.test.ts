import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type CloudStackSimulator, startCloudStack } from '../../simulators/cloudstack/server.ts';
import { startCmp } from '../../simulators/cmp/index.ts';
import { startS3 } from '../../simulators/s3/index.ts';
import { run } from '../support/command.ts';

const NOW = '2026-11-21T10:00:00Z';
let cloud: CloudStackSimulator;
let folder: string;

beforeAll(async () => {
  cloud = await startCloudStack({ seed: 3, vms: 4, planNow: () => Date.parse(NOW), wireNow: Date.now });
}, 60_000);
afterAll(() => cloud.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-sinks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One account, its state in a folder, its cells in the sink that is named. */
function sync(sink: string, env: Record<string, string>, ...more: string[]) {
  const { credentials } = cloud;
  const account = { id: 'acme', provider: 'cloudstack', credentials, initial_interval: 2 * 86_400 };
  const file = join(folder, 'accounts.yaml');
  writeFileSync(file, JSON.stringify({ accounts: [account] }));
  const places = ['--out', folder, '--sink', sink];
  return run(['sync', '--accounts', file, ...places, '--now', NOW, '--json', ...more], { env });
}

async function bucket(...faults: string[]) {
  const s3 = await startS3({ faults });
  onTestFinished(() => s3.close());
  const { endpoint, accessKeyId, secretAccessKey, region } = s3.credentials;
  const env = {
    ...{ AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
  return { s3, env };
}

async function cmp() {
  const simulator = await startCmp({ dedupe: true });
  onTestFinished(() => simulator.close());
  const { url, token } = simulator.credentials;
  return { simulator, env: { CMP_URL: url, CMP_TOKEN: token } };
}

describe('usage-sync sync --sink s3://…', () => {
  it('leaves behind in a bucket what it leaves behind in a folder', async () => {
    const { s3, env } = await bucket();
    expect((await sync('s3://usage/a/b', env)).code).toBe(0);
    expect((await sync('s3://usage/a/b', env, '--from', '2026-11-19', '--to', '2026-11-20')).code).toBe(0);
    expect(
      (await sync(`file:${join(folder, 'files')}`, {}, '--state', `file:${join(folder, 'other')}`)).code,
    ).toBe(0);
    const names = [...s3.objects.keys()].filter((key) => key.startsWith('a/b/metrics/acme/all/'));
    expect(names.length).toBeGreaterThanOrEqual(2);
    for (const name of names) {
      const file = join(folder, 'files', name.slice('a/b/'.length));
      expect(readFileSync(file, 'utf8')).toBe(s3.objects.get(name)?.body);
    }
    expect(JSON.parse(s3.objects.get('a/b/manifest.json')?.body ?? '').cells).toEqual(
      JSON.parse(readFileSync(join(folder, 'files/manifest.json'), 'utf8')).cells,
    );
  });

  it('moves no checkpoint before the bucket took the cell', async () => {
    const { s3, env } = await bucket('access-denied');
    const refused = await sync('s3://usage', env, '--stream', 'metrics');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).accounts[0].error).toMatchObject({
      ...{ exc_type: 'DeliveryError', code: 'S3_ACCESS_DENIED' },
    });
    s3.setFaults([]);
    const { code, stdout } = await sync('s3://usage', env, '--stream', 'metrics', '--retry-now');
    expect(code).toBe(0);
    const { windows } = JSON.parse(stdout).accounts[0].report;
    const cells = [...s3.objects.keys()].filter((key) => key.startsWith('metrics/'));
    expect(cells).toHaveLength(windows.length);
  });
});

describe('usage-sync sync --sink cmp:', () => {
  it('delivers metrics, and leaves out what the CMP collects by itself', async () => {
    const { simulator, env } = await cmp();
    const { code, stdout } = await sync('cmp:', env);
    expect(code).toBe(0);
    const { accounts } = JSON.parse(stdout);
    expect(accounts).toMatchObject([{ stream: 'metrics', error: null }]);
    const calls = simulator.received().metrics.length;
    const sent = simulator.received().metrics.flatMap(({ metrics }) => metrics);
    const count = (windows: { metrics: number }[]) =>
      windows.reduce((sum, window) => sum + window.metrics, 0);
    expect(sent).toHaveLength(count(accounts[0].report.windows));
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length);

    const again = await sync('cmp:', env, '--from', '2026-11-19', '--to', '2026-11-20');
    expect(JSON.parse(again.stdout).accounts[0].report.windows).toMatchObject([{ changed: false }]);
    expect(simulator.received().metrics).toHaveLength(calls); // what did not change is not sent
  });

  it('is refused without the settings of a CMP', async () => {
    expect(await sync('cmp:', {})).toMatchObject({ code: 2, stderr: expect.stringContaining('CMP_URL') });
  });
});

describe('usage-sync invoke with USAGE_SYNC_SINK=cmp:', () => {
  it('delivers metrics, and returns the rest', async () => {
    const { simulator, env } = await cmp();
    const event = JSON.stringify({
      ...{ account_id: 'acme', credentials: cloud.credentials, last_update: '2026-11-19T00:00:00Z' },
      resource: { id: 'r-1' },
    });
    const invoke = async (handler: string) => {
      const args = ['invoke', `cloudstack.${handler}`, '--event', event, '--now', NOW];
      const { stdout } = await run(args, { env: { ...env, USAGE_SYNC_SINK: 'cmp:' } });
      return JSON.parse(stdout).value;
    };
    expect(await invoke('getMetrics')).toMatchObject({ status: 'done' });
    expect(new Set(simulator.received().metrics.map(({ resource_id }) => resource_id))).toEqual(
      new Set(['r-1']),
    );
    expect(await invoke('getResources')).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'server' })]),
    );
  });
});
