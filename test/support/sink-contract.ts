import { describe, expect, it, onTestFinished } from 'vitest';
import { DeliveryError, InvalidConfig } from '../../lib/errors.ts';
import type { Metric } from '../../lib/models/metric.ts';
import type { Batch, JournalBatch, Sink, SnapshotBatch, SpendBatch } from '../../lib/sink/sink.ts';
import { DAY, HOUR } from '../../lib/time.ts';

/** What a sink promises beyond taking a cell and saying so. */
export interface SinkCapabilities {
  /** A cell that is delivered again takes the place of what it was: also what is no longer in it is gone. */
  readonly replaces: 'whole' | 'by key' | 'no';
  /** Another process finds what was delivered. */
  readonly remembers: boolean;
  /** A writer that was overtaken is refused: by the store itself, or by looking before each write. */
  readonly fences: 'surely' | 'by a look' | 'no';
  /** A partition's cells can be put out of what counts. */
  readonly setsAside: boolean;
  /** Resources, status and logs. */
  readonly otherStreams: boolean;
}

/** A destination of its own for one test. */
export interface SinkPlace {
  /** As another process would. */
  open(): Promise<Sink>;
  /** Key → value of everything that counts. @throws when something counts twice */
  holds(): ReadonlyMap<string, number>;
  /** Another one after every write of a cell. */
  mark(): unknown;
  /** Lets every delivery fail, until what is returned is called. Absent: it cannot fail. */
  fail?(): () => void;
  close(): Promise<void> | void;
}

export interface SinkSubject {
  readonly name: string;
  readonly capabilities: SinkCapabilities;
  place(): Promise<SinkPlace> | SinkPlace;
}

export const T0 = Date.UTC(2026, 10, 18);

/** `key` tells the metrics of a test apart; each is of one hour. */
export function metric(key: string, value: number): Metric {
  return {
    metric: 'vm-running-time',
    specialisation: '',
    ...{ value, unit: 's', counter: false, time: T0, end: T0 + HOUR, kind: 'RUNNING_VM' },
    ...{ provider_id: 'vm-1', tenant: null, location: null, account_id: 'acme', customer_id: null },
    ...{ provider: 'cloud', key, attributes: {} },
  };
}

/** A cell of an hour with the amounts given, by key. */
export function batch(amounts: Readonly<Record<string, number>>, rest: Partial<Batch> = {}): Batch {
  return {
    ...{ account: 'acme', partition: 'all', fence: 1, known: null, cell: { start: T0, end: T0 + HOUR } },
    metrics: Object.entries(amounts).map(([key, value]) => metric(key, value)),
    quarantined: () => [],
    ...rest,
  };
}

/** An inventory of servers, by id. */
export function inventory(ids: readonly string[], rest: Partial<SnapshotBatch> = {}): SnapshotBatch {
  const items = ids.map((id) => ({ id: `server/${id}`, value: { id, type: 'server', name: id } }));
  const snapshot = { account: 'acme', partition: 'all', fence: 1, takenAt: T0, items, unseen: [] };
  return { ...snapshot, stream: 'resources', ...rest };
}

/** What happened on a day. */
export function journal(messages: readonly string[], rest: Partial<JournalBatch> = {}): JournalBatch {
  const time = '2026-11-18T01:00:00Z';
  const entries = messages.map((message) => ({ message, severity: 'INFO' as const, time }));
  return { account: 'acme', fence: 1, day: { start: T0, end: T0 + DAY }, entries, ...rest };
}

/** What a day cost. */
export function money(amount: string, rest: Partial<SpendBatch> = {}): SpendBatch {
  const items = [{ remote_id: 'vm-1', resource_type: 'server', amount }];
  const { metrics: _, ...cell } = batch({}, { cell: { start: T0, end: T0 + DAY } });
  return { ...cell, spend: { currency: 'EUR', spend_date: '2026-11-18', items, amount }, ...rest };
}

/** Adds the key and value of each line of a cell's text. @throws when something counts twice */
export function addLines(held: Map<string, number>, text: string): void {
  for (const line of text.split('\n').filter(Boolean)) {
    const { key, value } = JSON.parse(line) as { key: string; value: number };
    if (held.has(key)) throw new Error(`${key} counts twice`);
    held.set(key, value);
  }
}

/** What a sink does not promise is no test of it, not even one that is left out. */
function describeIf(promised: boolean, name: string, tests: () => void): void {
  if (promised) describe(name, tests);
}

function itIf(promised: boolean, name: string, test: () => Promise<void>): void {
  if (promised) it(name, test);
}

/** What every sink must do, as far as it promises it. */
export function sinkContract(subject: SinkSubject): void {
  const { capabilities } = subject;
  const opened = async () => {
    const place = await subject.place();
    onTestFinished(async () => place.close());
    return { place, sink: await place.open() };
  };

  describe(`${subject.name} as a sink`, () => {
    it('acknowledges a cell with a digest, and holds its metrics', async () => {
      const { place, sink } = await opened();
      const { digest, previous } = await sink.deliver(batch({ a: 1, b: 2 }));
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(previous).toBeNull();
      expect(place.holds()).toEqual(new Map(Object.entries({ a: 1, b: 2 })));
    });

    it('acknowledges an empty cell', async () => {
      const { place, sink } = await opened();
      expect((await sink.deliver(batch({}))).digest).toMatch(/^[0-9a-f]{64}$/);
      expect(place.holds().size).toBe(0);
    });

    it('takes other cells and partitions beside, at the same time', async () => {
      const { place, sink } = await opened();
      const cell = { start: T0 + HOUR, end: T0 + 2 * HOUR };
      const others = ['../../etc', '..', 'a/b', 'ä ö', 'x'.repeat(400)];
      const partitions = others.map((partition, at) =>
        sink.deliver(batch({ [`p${at}`]: at }, { partition })),
      );
      await Promise.all([sink.deliver(batch({ a: 1 })), ...partitions]);
      await sink.deliver(batch({ b: 2 }, { cell }));
      expect(place.holds().size).toBe(2 + others.length);
    });

    it('evaluates a cell to its end before anything of it is seen', async () => {
      const { place, sink } = await opened();
      const { digest } = await sink.deliver(batch({ a: 1 }));
      const metrics = (function* () {
        yield metric('a', 2);
        throw new Error('the mapping failed');
      })();
      const known = { digest, readAt: T0 };
      await expect(sink.deliver(batch({}, { metrics, known }))).rejects.toThrow('the mapping failed');
      if (capabilities.replaces !== 'no') expect(place.holds()).toEqual(new Map([['a', 1]]));
    });

    it('closes', async () => {
      const { sink } = await opened();
      await sink.deliver(batch({ a: 1 }));
      await sink.close();
    });
  });

  describeIf(capabilities.replaces !== 'no', `${subject.name} as a sink that replaces`, () => {
    it('does not write a cell that did not change', async () => {
      const { place, sink } = await opened();
      const { digest } = await sink.deliver(batch({ a: 1 }));
      const mark = place.mark();
      const known = { digest, readAt: T0 };
      expect(await sink.deliver(batch({ a: 1 }, { known }))).toEqual({ digest, previous: digest });
      expect(place.mark()).toEqual(mark);
    });

    it('replaces a cell, and tells what was there before', async () => {
      const { place, sink } = await opened();
      const first = await sink.deliver(batch({ a: 1, b: 2 }));
      const known = { digest: first.digest, readAt: T0 };
      const second = await sink.deliver(batch({ a: 1, b: 3 }, { known }));
      expect(second.previous).toBe(first.digest);
      expect(place.holds()).toEqual(new Map(Object.entries({ a: 1, b: 3 })));
    });

    it('follows an amount that is corrected, and corrected back, as often as it likes', async () => {
      const { place, sink } = await opened();
      let known: Batch['known'] = null;
      for (const [at, value] of [1, 2, 1, 2, 1].entries()) {
        const { digest } = await sink.deliver(batch({ a: value }, { known }));
        known = { digest, readAt: T0 + at };
        expect(place.holds()).toEqual(new Map([['a', value]]));
      }
    });

    it('counts once what is delivered again because its acknowledgement was lost', async () => {
      const { place, sink } = await opened();
      await sink.deliver(batch({ a: 1, b: 2 }));
      await (await place.open()).deliver(batch({ a: 1, b: 2 }));
      expect(place.holds()).toEqual(new Map(Object.entries({ a: 1, b: 2 })));
    });

    it('says that a delivery failed, and takes the cell when it can again', async () => {
      const { place, sink } = await opened();
      if (!place.fail) return;
      const first = await sink.deliver(batch({ a: 1 }));
      const heal = place.fail();
      const corrected = () => batch({ a: 2 }, { known: { digest: first.digest, readAt: T0 } });
      const error = await sink.deliver(corrected()).catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(DeliveryError);
      expect(error).toMatchObject({ retryable: true, hint: expect.stringMatching(/\w/) });
      heal();
      expect(place.holds()).toEqual(new Map([['a', 1]]));
      await (await place.open()).deliver(corrected());
      expect(place.holds()).toEqual(new Map([['a', 2]]));
    });
  });

  itIf(
    capabilities.replaces === 'whole',
    `${subject.name} holds nothing of a replaced cell that is no longer in it`,
    async () => {
      const { place, sink } = await opened();
      await sink.deliver(batch({ a: 1, b: 2 }));
      await sink.deliver(batch({ b: 2 }));
      expect(place.holds()).toEqual(new Map([['b', 2]]));
      await sink.deliver(batch({}));
      expect(place.holds().size).toBe(0);
    },
  );

  itIf(
    capabilities.remembers,
    `${subject.name} tells another process what was delivered, without being told`,
    async () => {
      const { place, sink } = await opened();
      const { digest } = await sink.deliver(batch({ a: 1 }));
      const mark = place.mark();
      const other = await place.open();
      expect(await other.deliver(batch({ a: 1 }, { fence: 2 }))).toEqual({ digest, previous: digest });
      expect(place.mark()).toEqual(mark);
    },
  );

  describeIf(capabilities.fences !== 'no', `${subject.name} as a sink that knows fences`, () => {
    const stale = { name: 'DeliveryError', code: 'STALE_WRITER' };

    it('refuses a writer that was overtaken, whatever it delivers, and changes nothing', async () => {
      const { place, sink } = await opened();
      await sink.deliver(batch({ a: 1 }));
      const mark = place.mark();
      await (await place.open()).deliver(batch({ a: 1 }, { fence: 2 }));
      const cell = { start: T0 + HOUR, end: T0 + 2 * HOUR };
      for (const late of [batch({ a: 9 }), batch({ b: 9 }, { cell })]) {
        await expect(sink.deliver(late)).rejects.toMatchObject(stale);
        await expect((await place.open()).deliver(late)).rejects.toMatchObject(stale);
      }
      await expect(sink.setAside('acme', 'all', 1)).rejects.toMatchObject(stale);
      expect(place.mark()).toEqual(mark);
      expect(place.holds()).toEqual(new Map([['a', 1]]));
    });

    it('takes what carries no fence as it comes', async () => {
      const { place, sink } = await opened();
      await sink.deliver(batch({ a: 1 }, { fence: 5 }));
      await sink.deliver(batch({ a: 2 }, { fence: 0 }));
      expect(place.holds()).toEqual(new Map([['a', 2]]));
      await expect(sink.deliver(batch({ a: 3 }, { fence: 4 }))).rejects.toMatchObject(stale);
    });

    it('holds a fence for each partition and each stream', async () => {
      const { sink } = await opened();
      await sink.deliver(batch({ a: 1 }, { fence: 7 }));
      await sink.deliver(batch({ b: 1 }, { fence: 1, partition: 'other' }));
      await sink.deliverSnapshot(inventory(['1'], { fence: 3 }));
      await sink.deliverJournal(journal(['m'], { fence: 2 }));
      await expect(sink.deliverSnapshot(inventory([], { fence: 2 }))).rejects.toMatchObject(stale);
      await expect(sink.deliverJournal(journal([], { fence: 1 }))).rejects.toMatchObject(stale);
    });

    itIf(capabilities.fences === 'surely', 'lets the last of many writers win', async () => {
      const { place } = await opened();
      const sinks = await Promise.all([1, 2, 3, 4, 5, 6].map(() => place.open()));
      const outcomes = await Promise.allSettled(
        sinks.map((sink, at) => sink.deliver(batch({ a: at + 1 }, { fence: at + 1 }))),
      );
      const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      for (const reason of refused) expect(reason).toBeInstanceOf(DeliveryError);
      expect(outcomes.at(-1)?.status).toBe('fulfilled');
      expect(place.holds()).toEqual(new Map([['a', 6]]));
    });
  });

  itIf(
    capabilities.setsAside,
    `${subject.name} puts a partition out of what counts, twice if need be`,
    async () => {
      const { place, sink } = await opened();
      await sink.deliver(batch({ other: 5 }, { partition: 'other' }));
      for (const value of [1, 2]) {
        expect((await sink.deliver(batch({ a: value }))).previous).toBeNull();
        await sink.setAside('acme', 'all', 1);
        expect(place.holds()).toEqual(new Map([['other', 5]]));
      }
    },
  );

  itIf(capabilities.otherStreams, `${subject.name} tells what is gone of an inventory`, async () => {
    const { place, sink } = await opened();
    expect(await sink.deliverSnapshot(inventory(['1', '2', '3']))).toEqual({ gone: [] });
    const other = await place.open();
    const gone = capabilities.remembers ? ['server/2'] : [];
    expect(await other.deliverSnapshot(inventory(['1', '3']))).toEqual({ gone });
  });

  itIf(capabilities.otherStreams, `${subject.name} takes the money of a day`, async () => {
    const { place, sink } = await opened();
    const first = await sink.deliverSpend(money('1.10'));
    expect(first).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), previous: null });
    if (capabilities.replaces !== 'whole') return;
    const second = await (await place.open()).deliverSpend(money('1.20', { fence: 2 }));
    expect(second.previous).toBe(first.digest);
    await expect(sink.deliverSpend(money('9.99'))).rejects.toMatchObject({ code: 'STALE_WRITER' });
  });

  itIf(!capabilities.otherStreams, `${subject.name} refuses what it has no place for`, async () => {
    const { sink } = await opened();
    for (const refused of [
      () => sink.deliverSnapshot(inventory(['1'])),
      () => sink.deliverSnapshot(inventory([], { stream: 'status' })),
      () => sink.deliverJournal(journal(['m'])),
      () => sink.deliverSpend(money('1.10')),
    ]) {
      await expect(refused()).rejects.toBeInstanceOf(InvalidConfig);
    }
  });
}
