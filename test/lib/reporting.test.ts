import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cmpSettings } from '../../lib/cmp.ts';
import { InconsistentListing, ProviderUnavailable } from '../../lib/errors.ts';
import { answerStream } from '../../lib/handler.ts';
import { HOUR } from '../../lib/time.ts';
import { type CmpSimulator, startCmp } from '../../simulators/cmp/server.ts';
import { heldPlatform, type MemoryCloud, memoryCloud } from '../support/memory-cloud.ts';

const T0 = Date.UTC(2026, 10, 1);
let cmp: CmpSimulator;
let cloud: MemoryCloud;
let lines: string[];

beforeEach(async () => {
  cmp = await startCmp();
  cloud = memoryCloud();
  lines = [];
});
afterEach(() => cmp.close());

const mapping = 'THING: {name: thing-time, unit: s}\n';
const event = {
  account_id: 'acme',
  customer_id: 'c',
  credentials: { token: 't' },
  last_update: '2026-11-01T00:00:00Z',
  task_id: 'task-1',
};

function run(more: { signal?: AbortSignal; moduleId?: string } = {}) {
  const { url, credentials } = cmp;
  const { key, secret } = credentials as { key: string; secret: string };
  const settings = {
    cmp: cmpSettings({ CMP_URL: url, CMP_KEY: key, CMP_SECRET: secret }),
    moduleId: more.moduleId ?? null,
  };
  const held = heldPlatform(T0 + 6 * HOUR, more.signal);
  const platform = {
    ...held,
    log: { write: (line: string) => void lines.push(line), level: 'debug' as const },
  };
  return answerStream(cloud.provider, 'metrics', mapping, event, platform, settings);
}
const percentages = () => cmp.received().tasks.map(({ percentage }) => percentage);

describe('the task of the CMP', () => {
  it('is told 100 once everything is stored, and nothing after', async () => {
    await run();
    expect(percentages().at(-1)).toBe(100);
    expect(percentages().filter((percentage) => percentage === 100)).toHaveLength(1);
    expect(percentages()).toEqual([...percentages()].sort((a, b) => a - b));
  });

  it('is never told 100 when the run failed', async () => {
    cloud.onFetch = () => {
      throw new ProviderUnavailable('down');
    };
    await expect(run()).rejects.toThrow('down');
    expect(percentages()).not.toContain(100);
  });

  it('is never told 100 when time ran out', async () => {
    const time = new AbortController();
    cloud.onFetch = () => time.abort(new Error('time is up'));
    await run({ signal: time.signal });
    expect(percentages()).not.toContain(100);
  });

  it('does not fail the run when the CMP does', async () => {
    cmp.setFaults(['500']);
    await expect(run()).resolves.toMatchObject({ last_update: '2026-11-01T06:00:00Z' });
  });
});

describe('the log of the CMP', () => {
  it('gets our lines under the id of the module, and the platform does not', async () => {
    let walks = 0;
    cloud.onFetch = () => {
      walks += 1;
      if (walks === 1) throw new InconsistentListing('moved');
    };
    await run({ moduleId: 'module-7' });
    expect(cmp.received().logs).toMatchObject([
      {
        resource_id: 'nflex-module-module-7',
        severity: 'WARNING',
        message: expect.stringContaining('Target(customer: c, account: acme'),
      },
    ]);
    expect(lines.filter((line) => line.includes('walking it once more'))).toEqual([]);
  });

  it('stays with the platform when there is no module', async () => {
    await run();
    expect(cmp.received().logs).toEqual([]);
  });
});
