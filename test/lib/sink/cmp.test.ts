import { describe, expect, it, onTestFinished } from 'vitest';
import { cmpSettings } from '../../../lib/cmp.ts';
import { InvalidConfig } from '../../../lib/errors.ts';
import { cmpSink } from '../../../lib/sink/cmp.ts';
import { takesStream } from '../../../lib/sink/open.ts';
import type { Batch, Sink } from '../../../lib/sink/sink.ts';
import { type CmpSimulator, startCmp } from '../../../simulators/cmp/index.ts';
import { heldPlatform } from '../../support/memory-cloud.ts';
import { batch, metric, sinkContract, T0 } from '../../support/sink-contract.ts';

function open({ credentials: { url, key, secret } }: CmpSimulator): Sink {
  const cmp = cmpSettings({ CMP_URL: url, CMP_KEY: key, CMP_SECRET: secret });
  const sink = cmpSink({ cmp, platform: { ...heldPlatform(T0), random: () => 0 } });
  onTestFinished(() => sink.close());
  return sink;
}

async function running(...faults: string[]): Promise<CmpSimulator> {
  const cmp = await startCmp({ faults, dedupe: true });
  onTestFinished(() => cmp.close());
  return cmp;
}

/** What a CMP holds that keeps metrics by their key. */
function heldBy(cmp: CmpSimulator): Map<string, number> {
  const metrics = cmp.received().metrics.flatMap((delivery) => delivery.metrics);
  return new Map(metrics.map(({ key = '', value }) => [key, value]));
}

const sizes = (cmp: CmpSimulator) => cmp.received().metrics.map(({ metrics }) => metrics.length);
const keys = (cmp: CmpSimulator) => cmp.received().metrics.map(({ idempotencyKey }) => idempotencyKey);
const many = (count: number, rest: Partial<Batch> = {}) =>
  batch(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at])), rest);

for (const dedupe of [true, false]) {
  sinkContract({
    name: `a CMP that ${dedupe ? 'remembers' : 'forgets'} Idempotency-Keys`,
    capabilities: {
      replaces: 'by key',
      remembers: false,
      fences: 'no',
      setsAside: false,
      otherStreams: false,
    },
    async place() {
      const cmp = await startCmp({ dedupe });
      return {
        open: async () => open(cmp),
        holds: () => heldBy(cmp),
        mark: () => cmp.requests.length,
        fail() {
          cmp.setFaults(['403']);
          return () => cmp.setFaults([]);
        },
        close: () => cmp.close(),
      };
    },
  });
}

describe('metrics for the CMP', () => {
  it('go out in calls of at most 1000', async () => {
    const cmp = await running();
    await open(cmp).deliver(many(2500));
    expect(sizes(cmp)).toEqual([1000, 1000, 500]);
    expect(new Set(keys(cmp)).size).toBe(3);
    expect(heldBy(cmp).size).toBe(2500);
  });

  it('go out in calls of at most a megabyte', async () => {
    const cmp = await running();
    const large = Array.from({ length: 5 }, (_, at) => ({
      ...metric(`k${at}`, at),
      kind: 'x'.repeat(400_000),
    }));
    await open(cmp).deliver(batch({}, { metrics: large }));
    expect(sizes(cmp)).toEqual([2, 2, 1]);
  });

  it('go out by resource; the account stands in where none is known', async () => {
    const cmp = await running();
    const metrics = [metric('a', 1), { ...metric('b', 2), resource_id: 'r-1' }, metric('c', 3)];
    await open(cmp).deliver(batch({}, { metrics }));
    const told = cmp.received().metrics;
    expect(told.map((one) => [one.resource_id, one.monitoring_system, one.metrics.length])).toEqual([
      ['acme', 'usage-sync', 1],
      ['r-1', 'usage-sync', 1],
      ['acme', 'usage-sync', 1],
    ]);
  });

  it('keep their Idempotency-Key in another process, and change it with the bytes, the cell and the place', async () => {
    const cmp = await startCmp();
    onTestFinished(() => cmp.close());
    const cell = { start: T0 - 1000, end: T0 };
    for (const sent of [
      ...[batch({ a: 1 }), batch({ a: 1 }), batch({ a: 2 }), batch({ a: 1 }, { cell })],
      ...[batch({ a: 1 }, { partition: 'p' }), batch({ a: 1 }, { account: 'globex' })],
    ]) {
      await open(cmp).deliver(sent);
    }
    const [first, ...others] = keys(cmp);
    expect(others[0]).toBe(first);
    expect(new Set(others).size).toBe(5);
  });

  it('are whole after a batch that was half accepted, and answered with 500', async () => {
    const cmp = await running('half-accepted');
    await open(cmp).deliver(many(1500));
    expect(cmp.received().metrics.map(({ half, metrics }) => [half, metrics.length])).toEqual([
      ...[
        [true, 500],
        [false, 1000],
        [true, 250],
        [false, 500],
      ],
    ]);
    expect(heldBy(cmp).size).toBe(1500);
  });

  it('are taken once by a CMP that remembers keys, though the answer was lost', async () => {
    const cmp = await running('lost-answer');
    await open(cmp).deliver(many(10));
    expect(sizes(cmp)).toEqual([10]);
    expect(cmp.requests).toHaveLength(2);
  });

  it('that are refused again and again end as a DeliveryError after bounded tries', async () => {
    const cmp = await running('500');
    await expect(open(cmp).deliver(many(1))).rejects.toMatchObject({
      ...{ name: 'DeliveryError', code: 'CMP_HTTP_500', retryable: true },
    });
    expect(cmp.requests).toHaveLength(5);
    cmp.setFaults([]);
    await open(cmp).deliver(many(1));
    expect(heldBy(cmp).size).toBe(1);
  });

  it.each([
    ['401', 'CMP_CREDENTIALS', 'CMP_KEY'],
    ['403', 'CMP_PERMISSION', 'operator'],
  ])('refused with %s are no fault of the account: a DeliveryError %s', async (fault, code, hint) => {
    const cmp = await running(fault);
    await expect(open(cmp).deliver(many(1))).rejects.toMatchObject({
      ...{ name: 'DeliveryError', code, hint: expect.stringContaining(hint) },
    });
    expect(cmp.requests).toHaveLength(1);
  });
});

describe('the sink cmp:', () => {
  it('needs the settings of a CMP', () => {
    expect(() => cmpSink({ cmp: null, platform: heldPlatform(T0) })).toThrow(InvalidConfig);
  });

  it('takes metrics alone; a handler returns the rest', () => {
    const streams = ['resources', 'metrics', 'spend', 'status', 'logs'] as const;
    expect(streams.filter((stream) => takesStream('cmp:', stream))).toEqual(['metrics']);
    expect(streams.filter((stream) => takesStream('s3://bucket', stream))).toEqual(streams);
  });

  it('does not let a grid be rewritten, which would count twice', async () => {
    const sink = open(await running());
    await expect(sink.setAside('acme', 'all', 1)).rejects.toMatchObject({ code: 'REGRID_NOT_TAKEN' });
  });
});
