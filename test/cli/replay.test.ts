import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { startServer, type TestServer } from '../support/http-server.ts';

let folder: string;
let server: TestServer;

const captured = (name: string) =>
  readFileSync(new URL(`../fixtures/cloudstack/${name}.json`, import.meta.url), 'utf8');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-replay-'));
  server = await startServer((response, { path }) => {
    const command = new URL(path, 'http://x').searchParams.get('command');
    const answers: Record<string, [number, string]> = {
      listCapabilities: [200, captured('listCapabilities')],
      listUsageRecords: [200, captured('listUsageRecords.type2and6')],
    };
    const [status, body] = answers[command ?? ''] ?? [401, captured('error.401.not-permitted')];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('gives real captured records again, with no server, as they were recorded', async () => {
  const event = JSON.stringify({
    account_id: 'acme',
    last_update: '2023-07-20T19:00:00Z',
    credentials: {
      url: new URL('/client/api', server.url).href,
      api_key: 'the-api-key-of-acme',
      secret_key: 'the-secret-key-of-acme',
      usage_aggregation_range: 60,
      usage_aggregation_timezone: 'UTC',
    },
  });
  const invoke = (...more: string[]) =>
    run(['invoke', 'cloudstack.getMetrics', '--event', event, '--now', '2023-07-20T23:10:00Z', ...more]);

  const first = await invoke('--record', folder);
  const metrics = JSON.parse(first.stdout).value.metrics as { metric: string; value: number; time: string }[];
  expect(metrics.map(({ metric, value }) => `${metric} ${value}`).sort()).toEqual([
    'vm-allocated-time 3600',
    'volume-allocated-time 3600',
    'volume-allocated-time 3600',
    `volume-size-time ${3600 * 5368709120}`,
    `volume-size-time ${3600 * 8589934592}`,
  ]);
  expect(new Set(metrics.map(({ time }) => time))).toEqual(new Set(['2023-07-20T19:00:00Z']));
  await server.close();

  const second = await invoke('--replay', folder);
  expect(JSON.parse(second.stdout).value).toEqual(JSON.parse(first.stdout).value);
  const recorded = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(recorded.join('')).not.toMatch(/the-api-key-of-acme|the-secret-key-of-acme/);
  expect(recorded.join('')).toContain('listUsageRecords');
});
