import { describe, expect, it } from 'vitest';
import { NoBillingReport } from '../../lib/errors.ts';
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

describe('rows that are lives', () => {
  const cells = [0, 1, 2].map((at) => ({ start: T0 + at * HOUR, end: T0 + (at + 1) * HOUR, reasons: [] }));
  const life = (start: number, end: number, amount: number | null = 1) => ({
    id: 'a',
    start: T0 + start * HOUR,
    end: T0 + end * HOUR,
    amount,
  });

  /** How many records, and how many bad rows, each of three cells is given. */
  async function placed(row: ReturnType<typeof life>) {
    const cloud = memoryCloud();
    const { metrics } = cloud.provider.streams;
    if (!metrics) throw new Error('no metrics');
    const stream = {
      ...metrics,
      belongs: 'overlap' as const,
      endOf: (raw: unknown) => (raw as { end: number }).end,
      async *fetch(): AsyncGenerator<Page> {
        yield { rows: [row] };
      },
    };
    const signal = new AbortController().signal;
    const options = { stream, client: cloud, grid: cloud.grid, partition: 'all', signal, log };
    const reads = [];
    for await (const read of readCells(cells, { ...options, concurrency: 1, backfill: 0 })) reads.push(read);
    return reads.map(({ records, bad }) => [records.length, bad.length]);
  }

  it.each([
    [
      'belongs to each cell that it overlaps',
      life(0.5, 1.5),
      [
        [1, 0],
        [1, 0],
        [0, 0],
      ],
    ],
    [
      'does not belong to one that it only touches',
      life(1, 2),
      [
        [0, 0],
        [1, 0],
        [0, 0],
      ],
    ],
    [
      'is seen where it has no length',
      life(1, 1),
      [
        [0, 0],
        [1, 0],
        [0, 0],
      ],
    ],
    [
      'is seen where it ends before it starts',
      life(2.5, 1.5),
      [
        [0, 0],
        [1, 0],
        [1, 0],
      ],
    ],
    [
      'is missing from each cell that it overlaps when it cannot be read',
      life(-3, 1.5, null),
      [
        [0, 1],
        [0, 1],
        [0, 0],
      ],
    ],
  ])('%s', async (_, row, expected) => {
    await expect(placed(row)).resolves.toEqual(expected);
  });
});

it('gives the cells before one that is not rated yet, and then says so', async () => {
  const cloud = memoryCloud();
  const { metrics } = cloud.provider.streams;
  if (!metrics) throw new Error('no metrics');
  const hours = [0, 1, 2, 3, 4].map((hour) => T0 + hour * HOUR);
  cloud.rows = hours.map((start, at) => ({ id: `r${at}`, start, end: start + HOUR, amount: 1 }));
  cloud.onFetch = ({ end }) => {
    if (end > T0 + 4 * HOUR) throw new NoBillingReport('The last hour is not rated');
  };
  const cells = hours.map((start) => ({ start, end: start + HOUR, reasons: [] }));
  const signal = new AbortController().signal;
  const options = { stream: metrics, client: cloud, grid: cloud.grid, partition: 'all', signal, log };
  const given: number[] = [];
  const reading = async () => {
    for await (const { cell } of readCells(cells, { ...options, concurrency: 1, backfill: 0 }))
      given.push(cell.start);
  };
  await expect(reading()).rejects.toMatchObject({ name: 'NoBillingReport' });
  expect(given).toEqual(hours.slice(0, 4));
});
