import { describe, expect, it } from 'vitest';
import type { Page } from '../../lib/paginate.ts';
import { readCells } from '../../lib/read.ts';
import { HOUR } from '../../lib/time.ts';
import { memoryCloud } from '../support/memory-cloud.ts';

const T0 = Date.UTC(2026, 10, 1);
const row = (id: string) => ({ id, start: T0, end: T0 + HOUR, amount: 1 });
const log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };

/** Reads one cell; every walk gives the pages of the next of `walks`, and the last for ever. */
async function read(walks: readonly (readonly string[])[][]) {
  const cloud = memoryCloud();
  const { metrics } = cloud.provider.streams;
  if (!metrics) throw new Error('no metrics');
  let walk = 0;
  const stream = {
    ...metrics,
    async *fetch(): AsyncGenerator<Page> {
      const pages = walks[Math.min(walk, walks.length - 1)] ?? [];
      walk += 1;
      for (const ids of pages) yield { rows: ids.map(row) };
    },
  };
  const cells = [{ start: T0, end: T0 + HOUR, reasons: [] }];
  const signal = new AbortController().signal;
  const options = {
    stream,
    client: cloud,
    grid: cloud.grid,
    partition: 'all',
    signal,
    log,
    concurrency: 1,
    backfill: 0,
  };
  for await (const { records } of readCells(cells, options)) return { records: records.length, walks: walk };
  throw new Error('no cell');
}

describe('rows that come again on another page', () => {
  it('are taken for duplicates when a second walk gives the very same', async () => {
    await expect(
      read([
        [
          ['a', 'b'],
          ['b', 'c'],
        ],
      ]),
    ).resolves.toEqual({ records: 4, walks: 2 });
  });

  it('are not, when they had changed places and one was missed', async () => {
    const moved = [
      ['a', 'b'],
      ['b', 'd'],
    ];
    const whole = [
      ['a', 'b'],
      ['c', 'd'],
    ];
    await expect(read([moved, whole])).resolves.toEqual({ records: 4, walks: 2 });
  });

  it('fail the span when every walk gives others', async () => {
    const walks = ['c', 'd', 'e', 'f', 'g', 'h', 'i'].map((id) => [
      ['a', 'b'],
      ['b', id],
    ]);
    await expect(read(walks)).rejects.toMatchObject({
      name: 'InconsistentListing',
      code: 'ROWS_CHANGE_PLACES',
    });
  });

  it('cost nothing on a single page', async () => {
    await expect(read([[['a', 'a', 'b']]])).resolves.toEqual({ records: 3, walks: 1 });
  });
});
