import { afterEach, describe, expect, it } from 'vitest';
import { provider } from '../../../functions/cloudstack/index.ts';
import { runVerify } from '../../../lib/run.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { type CloudStackSimulator, startCloudStack } from '../../../simulators/cloudstack/server.ts';
import { createCertificate, startServer } from '../../support/http-server.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';

let cloud: CloudStackSimulator | null = null;
afterEach(async () => {
  await cloud?.close();
  cloud = null;
});

const NOW = Date.UTC(2026, 10, 21, 10);

async function verify(options: CloudStackOptions, change: Record<string, unknown> = {}) {
  cloud = await startCloudStack({ vms: 2, planNow: () => NOW, wireNow: Date.now, ...options });
  return verifyWith({ ...cloud.credentials, ...change });
}

function verifyWith(credentials: Record<string, unknown>) {
  const subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
  };
  return runVerify(provider, subject, heldPlatform(NOW));
}

describe('verifyAccess', () => {
  it('has nothing to say of a root administrator', async () => {
    await expect(verify({})).resolves.toEqual({ notes: [] });
  });

  it('names what a domain administrator will miss', async () => {
    const { notes } = await verify({ role: 'domain-admin' });
    expect(notes.join('\n')).toMatch(
      /listHosts may not be called.*\n.*listAlerts.*\n.*listConfigurations.*\n.*listUsageServerMetrics/,
    );
  });

  it('names every command that a user may not call', async () => {
    await expect(verify({ role: 'user' })).rejects.toMatchObject({
      name: 'InsufficientPermission',
      message: expect.stringContaining('listUsageRecords, '),
    });
  });

  it('tells wrong keys from clocks that differ', async () => {
    await expect(verify({}, { secret_key: 'wrong' })).rejects.toMatchObject({
      name: 'InvalidCredentials',
      code: 'INVALID_CREDENTIALS',
    });
    await cloud?.close();
    await expect(verify({ faults: ['clock-skew'] })).rejects.toMatchObject({
      name: 'InvalidCredentials',
      code: 'CLOCK_SKEW',
    });
  });

  it('tells a host that is not there from a certificate that is wrong', async () => {
    const keys = { api_key: 'key-of-somebody', secret_key: 'secret-of-somebody' };
    const server = await startServer(
      (response) => response.end('{}'),
      createCertificate({ name: 'self', addresses: ['127.0.0.1'] }),
    );
    await expect(verifyWith({ ...keys, url: new URL('/client/api', server.url).href })).rejects.toMatchObject(
      { name: 'InvalidConfig', code: 'TLS_SELF_SIGNED' },
    );
    await server.close();
    await expect(verifyWith({ ...keys, url: 'http://127.0.0.1:9/client/api' })).rejects.toMatchObject({
      name: 'ProviderUnavailable',
      code: 'CONNECTION_REFUSED',
    });
  });
});
