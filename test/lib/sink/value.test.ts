import { describe, expect, it } from 'vitest';
import { ResponseTooLarge } from '../../../lib/errors.ts';
import { valueSink } from '../../../lib/sink/value.ts';
import { batch, inventory, journal, sinkContract } from '../../support/sink-contract.ts';

sinkContract({
  name: 'the returned value',
  capabilities: { replaces: 'no', remembers: false, fences: 'no', setsAside: false, otherStreams: true },
  place() {
    const sink = valueSink();
    const holds = () => new Map(sink.metrics.map(({ key, value }) => [key, value]));
    return { open: async () => sink, holds, mark: () => sink.metrics.length, close() {} };
  },
});

describe('the returned value', () => {
  it("has nflex's fields", async () => {
    const sink = valueSink();
    await sink.deliver(batch({ a: 1 }));
    expect(sink.metrics).toEqual([
      {
        ...{ metric: 'vm-running-time', value: 1, unit: 's', counter: false, provider_id: 'vm-1', key: 'a' },
        ...{ time: '2026-11-18T00:00:00Z', original_metric: 'RUNNING_VM' },
      },
    ]);
  });

  it('has the items of a snapshot and of a journal', async () => {
    const sink = valueSink();
    await sink.deliverSnapshot(inventory(['1', '2']));
    await sink.deliverJournal(journal(['m']));
    expect(sink.items).toMatchObject([{ id: '1' }, { id: '2' }, { message: 'm' }]);
  });

  it('is refused above 5 MB, with what to configure', async () => {
    const sink = valueSink();
    const large = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`${at}`.padStart(30_000, 'k'), at]),
    );
    const error = await sink.deliver(batch(large)).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ResponseTooLarge);
    expect(error).toMatchObject({ hint: expect.stringContaining('USAGE_SYNC_SINK') });
  });
});
