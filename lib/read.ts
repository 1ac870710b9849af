import { InconsistentListing, MalformedResponse, NoBillingReport, SyncError } from './errors.ts';
import type { Grid } from './grid.ts';
import type { Log } from './log.ts';
import type { UsageRecord } from './models/usage.ts';
import { covering, type PlannedCell, spanOf } from './plan.ts';
import type { CellStream, Dated } from './provider.ts';
import { type RowsSeen, rowsSeen } from './read/rows-seen.ts';
import { sharedTexts } from './read/texts.ts';
import type { Interval } from './time.ts';

/** A row that could not be normalised, with its error. */
export interface BadRow {
  readonly raw: unknown;
  readonly error: SyncError;
}

/** One planned cell with all its rows. */
export interface CellRead<Model extends Dated = UsageRecord> {
  readonly cell: PlannedCell;
  readonly records: readonly Model[];
  readonly bad: readonly BadRow[];
}

export interface ReadOptions<Client, Model extends Dated> {
  readonly stream: CellStream<Client, Model>;
  readonly client: Client;
  readonly grid: Grid;
  readonly partition: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Spans read at once. */
  readonly concurrency: number;
  /** Seconds; the longest span of one fetch, 0 without limit; never below one cell. */
  readonly backfill: number;
}

/** About so many rows are held at once, however many cells that is: a record takes some 2 kB. */
const ROWS_AHEAD = 20_000;

/**
 * Fetches and normalises planned cells and gives them in their order. Spans are read ahead within the
 * provider's concurrency, and are as wide as the rows seen so far allow: few requests for a small cloud,
 * bounded memory for a large one. The first goes alone: what the provider refuses is asked once. Stops without an error when the signal aborts.
 */
export async function* readCells<Client, Model extends Dated>(
  cells: readonly PlannedCell[],
  options: ReadOptions<Client, Model>,
): AsyncGenerator<CellRead<Model>> {
  const { signal } = options;
  const abandoned = new AbortController();
  const either = AbortSignal.any([signal, abandoned.signal]);
  const ahead: Promise<SpanRead<Model>>[] = [];
  let rest = cells;
  let width = 1;
  let concurrency = 1;
  try {
    while (ahead.length > 0 || rest.length > 0) {
      while (rest.length > 0 && ahead.length < concurrency && !signal.aborted) {
        const span = spanOf(rest, options.backfill, width);
        rest = rest.slice(span.length);
        ahead.push(handled(readUntilUnrated(span, { ...options, signal: either })));
      }
      const next = ahead.shift();
      if (!next) return;
      const { reads, unrated } = await next;
      ({ width, concurrency } = pace(reads, options.concurrency));
      for (const read of reads) {
        if (signal.aborted) return;
        yield read;
      }
      if (unrated) throw unrated;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    abandoned.abort(new Error('The spans read ahead are not needed any more'));
  }
}

/** What a span gave; `unrated` when it ends before a cell of which the provider says nothing yet. */
interface SpanRead<Model extends Dated> {
  readonly reads: readonly CellRead<Model>[];
  readonly unrated?: NoBillingReport;
}

/** A cell that is not rated yet holds up none before it: a span with such a one is read cell by cell. */
async function readUntilUnrated<Client, Model extends Dated>(
  span: readonly PlannedCell[],
  options: ReadOptions<Client, Model>,
): Promise<SpanRead<Model>> {
  const reads: CellRead<Model>[] = [];
  try {
    return { reads: await readSpan(span, options) };
  } catch (error) {
    if (!(error instanceof NoBillingReport) || span.length === 1) throw error;
  }
  try {
    for (const cell of span) reads.push(...(await readSpan([cell], options)));
    return { reads };
  } catch (error) {
    if (!(error instanceof NoBillingReport)) throw error;
    return { reads, unrated: error };
  }
}

/** More walks than any listing that can be read at all needs. */
const MOST_WALKS = 6;

/**
 * Data that moves while it is read is read once more, from the start; failing twice in a row is final. Rows that
 * come again on another page may be the provider's own duplicates, or rows that changed places, one of which was
 * then missed: a second walk must give the very same.
 */
async function readSpan<Client, Model extends Dated>(
  span: readonly PlannedCell[],
  options: ReadOptions<Client, Model>,
): Promise<CellRead<Model>[]> {
  let failed = false;
  let before: string | null = null;
  for (let walks = 0; walks < MOST_WALKS; walks += 1) {
    try {
      const { reads, rows } = await walk(span, options);
      const repeated = rows.repeated();
      if (repeated === null || repeated === before) return reads;
      before = repeated;
      failed = false;
    } catch (error) {
      if (!(error instanceof InconsistentListing) || failed) throw error;
      failed = true;
      options.log.warn('The listing moved while it was read; walking it once more', { code: error.code });
    }
  }
  throw new InconsistentListing('Rows come again on other pages, and every walk gives others', {
    code: 'ROWS_CHANGE_PLACES',
  });
}

async function walk<Client, Model extends Dated>(
  span: readonly PlannedCell[],
  options: ReadOptions<Client, Model>,
): Promise<{ reads: CellRead<Model>[]; rows: RowsSeen }> {
  const { client, grid, partition, signal, stream } = options;
  const reads = span.map((cell) => ({ cell, records: [] as Model[], bad: [] as BadRow[] }));
  const place = placing(reads, stream.belongs);
  const { start, end } = covering(span);
  /** Asked for only to be sure that the span is whole. A row that cannot be dated is looked at. */
  const isElsewhere = (raw: unknown) => {
    const begins = stream.belongs === 'start' ? stream.startOf(raw) : null;
    return begins !== null && (begins < start || begins >= end);
  };
  const rows = rowsSeen();
  const share = sharedTexts();
  for await (const page of stream.fetch(client, { span: { start, end }, grid, partition, signal })) {
    rows.add(page.rows);
    const bad: BadRow[] = [];
    for (const raw of page.rows) {
      if (isElsewhere(raw)) continue;
      share(raw);
      try {
        for (const record of stream.normalize(raw))
          for (const read of place(record)) read.records.push(record);
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        bad.push({ raw, error });
      }
    }
    assertFewBad(bad, page.rows.length);
    for (const row of bad) for (const read of homesOf(row, reads, stream)) read.bad.push(row);
  }
  return { reads, rows };
}

interface OpenRead<Model extends Dated> extends CellRead<Model> {
  readonly records: Model[];
  readonly bad: BadRow[];
}

/** Which cells a record belongs to; none when the fetch gave more than was asked. */
function placing<Model extends Dated>(
  reads: readonly OpenRead<Model>[],
  belongs: 'start' | 'overlap',
): (record: Model) => readonly OpenRead<Model>[] {
  const ordered = [...reads].sort((a, b) => a.cell.start - b.cell.start);
  if (belongs === 'overlap') return ({ period }) => ordered.filter(({ cell }) => touches(cell, period));
  return ({ period }) => {
    const found = lastStartingBy(ordered, period.start);
    return found && period.start < found.cell.end ? [found] : [];
  };
}

/**
 * Whether a life concerns a cell. One without length, or whose end was noted before its start, concerns the cells
 * it lies in all the same: `settle` must see it to say that it counts for nothing.
 */
function touches(cell: Interval, { start, end }: Interval): boolean {
  const from = Math.min(start, end);
  return from < cell.end && (from >= cell.start || Math.max(start, end) > cell.start);
}

function lastStartingBy<Model extends Dated>(
  ordered: readonly OpenRead<Model>[],
  instant: number,
): OpenRead<Model> | undefined {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordered[middle]?.cell.start ?? 0) <= instant) low = middle + 1;
    else high = middle;
  }
  return ordered[low - 1];
}

/**
 * The cells that a row is missing from. One that cannot even be dated is kept with the first cell that was asked
 * for; a life interval is missing from every cell that it may overlap.
 */
function homesOf<Client, Model extends Dated>(
  { raw }: BadRow,
  reads: readonly OpenRead<Model>[],
  stream: CellStream<Client, Model>,
): readonly OpenRead<Model>[] {
  const start = stream.startOf(raw);
  if (start === null) return reads.slice(0, 1);
  if (stream.belongs === 'start') {
    return reads.filter(({ cell }) => cell.start <= start && start < cell.end);
  }
  const end = stream.endOf?.(raw) ?? Number.POSITIVE_INFINITY;
  return reads.filter(({ cell }) => touches(cell, { start, end }));
}

/**
 * One odd row is quarantined; a page of them means that we do not understand the provider, and delivering
 * the rest would bill a part as the whole.
 */
function assertFewBad(bad: readonly BadRow[], of: number): void {
  const [first] = bad;
  if (!first || bad.length <= Math.max(1, of / 100)) return;
  throw new MalformedResponse(
    `${bad.length} of ${of} records cannot be read; the first: ${first.error.message}`,
    {
      code: 'TOO_MANY_BAD_RECORDS',
      cause: first.error,
    },
  );
}

/** How many cells a span may have, and how many spans may be read at once, going by the rows of the last one. */
function pace(
  reads: readonly { readonly records: readonly unknown[] }[],
  most: number,
): { width: number; concurrency: number } {
  const rows = reads.reduce((sum, read) => sum + read.records.length, 0);
  const perCell = Math.max(1, rows) / reads.length;
  const width = Math.max(1, Math.floor(ROWS_AHEAD / most / perCell));
  return { width, concurrency: Math.max(1, Math.min(most, Math.floor(ROWS_AHEAD / (width * perCell)))) };
}

/** A span that fails while an earlier one is still awaited must not count as an unhandled rejection. */
function handled<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {});
  return work;
}
