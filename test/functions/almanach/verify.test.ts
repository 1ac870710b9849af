import { afterEach, describe, expect, it } from 'vitest';
import { provider } from '../../../functions/almanach/index.ts';
import { runVerify } from '../../../lib/run.ts';
import { type AlmanachSimulator, startAlmanach } from '../../../simulators/almanach/index.ts';
import type { AlmanachOptions } from '../../../simulators/almanach/options.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';

const NOW = Date.UTC(2026, 8, 12);

let cloud: AlmanachSimulator | null = null;
afterEach(async () => {
  await cloud?.close();
  cloud = null;
});

async function verify(options: AlmanachOptions, change: Record<string, unknown> = {}) {
  cloud = await startAlmanach({ now: () => NOW, ...options });
  const subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials: { ...cloud.credentials, ...change },
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
  };
  return runVerify(provider, subject, heldPlatform(NOW));
}

describe('verifyAccess', () => {
  it('says which of the projects may be a wrong id', async () => {
    const { notes } = await verify({});
    expect(notes).toEqual([
      `Nothing is running in project ${cloud?.projects.at(-1)?.id}: check that its id is right`,
    ]);
    expect(cloud?.requests.map(({ command }) => command)).toEqual([
      'volume_types',
      ...['entities', 'entities', 'entities', 'entities'],
    ]);
  });

  it('does not take `info`, which answers anybody, for a proof', async () => {
    await expect(verify({}, { token: 'not the key' })).rejects.toMatchObject({ name: 'InvalidCredentials' });
  });

  it('names a project that holds rows of an unknown type', async () => {
    const { notes } = await verify({ faults: ['unknown-entity-type'] });
    expect(notes[0]).toBe(`Project ${cloud?.projects[0]?.id} has rows of the unknown type network`);
  });

  it('tells a place where something else answers', async () => {
    const other = await startAlmanach({ now: () => NOW });
    await expect(verify({}, { url: `${other.url}/elsewhere` })).rejects.toMatchObject({
      name: 'MalformedResponse',
      code: 'NO_SUCH_ROUTE',
      hint: expect.stringContaining('base of Almanach'),
    });
    await other.close();
  });
});
