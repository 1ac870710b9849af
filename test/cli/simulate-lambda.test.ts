import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, expect, it } from 'vitest';
import { finished, run, start } from '../support/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'usage-sync-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bundle = `exports.getMetrics = async (event) => ({ event, cwd: process.cwd(),
  sink: process.env.USAGE_SYNC_SINK ?? null, other: process.env.SOMETHING_ELSE ?? null });`;

it('runs the built bundles of the current folder, with the settings that a deployment would have', async () => {
  mkdirSync(join(folder, 'dist/functions'), { recursive: true });
  writeFileSync(join(folder, 'dist/functions/acme.cjs'), bundle);
  const env = { USAGE_SYNC_SINK: 'cmp:', SOMETHING_ELSE: 'of the shell' };
  const child = start(['simulate', 'lambda'], env, folder);
  const ended = finished(child);
  const line = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk: Buffer) => resolve(String(chunk))),
  );
  const { credentials, pid, provider } = JSON.parse(line);
  const { endpoint, region, ...keys } = credentials;
  const client = new LambdaClient({ endpoint, region, credentials: keys });
  try {
    expect(provider).toBe('lambda');
    const Payload = JSON.stringify({ account_id: 'acme' });
    const answer = await client.send(new InvokeCommand({ FunctionName: 'acmeMetrics', Payload }));
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toEqual({
      event: { account_id: 'acme' },
      cwd: folder,
      sink: 'cmp:',
      other: null,
    });
  } finally {
    client.destroy();
    process.kill(pid, 'SIGTERM');
  }
  expect((await ended).code).toBe(0);
});

it('says what to do where nothing is built', async () => {
  const empty = mkdtempSync(join(folder, 'empty-'));
  const { code, stderr, stdout } = await run(['simulate', 'lambda'], { cwd: empty });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('npm run build');
});
