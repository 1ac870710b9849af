import Big from 'big.js';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../../lib/time.ts';
import { account, DAY_ONE, dayAt, NOW, simulated } from './connected.ts';

interface Line {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly kind: string;
  readonly time: string;
  readonly end: string;
  readonly provider_id: string;
  readonly key: string;
  readonly tenant: { readonly id: string };
}

/** The factor between a quantity and its metric's value, hour by hour. */
const factors: Readonly<Record<string, [metric: string, unit: string, factor: number]>> = {
  compute: ['compute-time', 'instance.s', 3600],
  'volume.size': ['volume-size-time', 'B.s', 3600 * 1024 ** 3],
  'image.size': ['image-size-time', 'B.s', 3600 * 1024 ** 2],
  'ip.floating': ['ip-floating-time', 'ip.s', 3600],
  'network.outgoing.bytes': ['network-outgoing-bytes', 'MB', 1],
};

describe('rated quantities', () => {
  it.each(['v1', 'v2'] as const)('are the oracle’s, gauges as unit-time: %s', async (storage) => {
    const cloud = await simulated({ storage, role: 'member' });
    const acme = account(cloud.credentials);
    const { windows } = await acme.run('metrics', NOW, { range: dayAt(DAY_ONE) });
    const [file = ''] = acme.files('metrics');
    const lines = acme
      .read(file)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    const oracle = cloud.oracle('alpha', DAY_ONE);
    expect(windows).toMatchObject([
      { dropped: { null_result: 0, unmapped: {} }, conflicting: 0, duplicates: 0 },
    ]);
    expect(lines).toHaveLength(oracle.reduce((count, { hours }) => count + hours, 0));
    for (const { type, id, quantity, hours } of oracle) {
      const own = lines.filter(({ kind, provider_id }) => kind === type && provider_id === id);
      const [metric = '', unit = '', factor = 0] = factors[type] ?? [];
      expect(own).toHaveLength(hours);
      expect(own[0]).toMatchObject({ metric, unit, tenant: { id: cloud.projects[0]?.id } });
      const sum = own.reduce((total, { value }) => total.plus(value), new Big(0));
      expect(sum.minus(new Big(quantity).times(factor)).abs().lte(1e-6)).toBe(true);
    }
    for (const { time, end } of lines) expect(Date.parse(end) - Date.parse(time)).toBe(3_600_000);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });

  it('of types that the mapping does not name are counted', async () => {
    const cloud = await simulated({ role: 'member' });
    const acme = account(cloud.credentials, 'compute:\n  name: compute-time\n');
    const { windows } = await acme.run('metrics', NOW, { range: dayAt(DAY_ONE) });
    const named = Object.keys(windows[0]?.dropped.unmapped ?? {}).sort();
    expect(named).toEqual(['image.size', 'ip.floating', 'network.outgoing.bytes', 'volume.size']);
  });

  it('that are sizes in no unit of bytes give no metric, and are counted', async () => {
    const cloud = await simulated({ storage: 'v1', role: 'member', faults: ['no-metrics'] });
    const acme = account(cloud.credentials);
    const { windows } = await acme.run('metrics', NOW, { range: dayAt(DAY_ONE) });
    expect(windows[0]?.dropped.null_result).toBe(24 * 3);
  });

  it('that cannot be read are set aside, and the rest is delivered', async () => {
    const cloud = await simulated({ role: 'member', faults: ['bad-row'] });
    const acme = account(cloud.credentials);
    const { windows } = await acme.run('metrics', NOW, { range: { start: DAY_ONE, end: DAY_ONE + 2 * DAY } });
    expect(windows.map(({ quarantined }) => quarantined)).toEqual([1, 1]);
  });
});
