import * as z from 'zod';
import {
  InconsistentListing,
  InsufficientPermission,
  InvalidConfig,
  MalformedResponse,
} from '../../lib/errors.ts';
import { cellsOver } from '../../lib/grid.ts';
import type { Page } from '../../lib/paginate.ts';
import { parse } from '../../lib/parse.ts';
import type { FetchRequest } from '../../lib/provider.ts';
import { type Interval, type Millis, parseInstant } from '../../lib/time.ts';
import type { CloudTowerClient } from './client.ts';
import { type Endpoint, type Measure, measureNamed, measuresOf } from './measures.ts';
import { cellText } from './normalize.ts';
import { meanOver, pointsOf, type Range, rangeFor, rateOver } from './points.ts';
import { idOf } from './resource-base.ts';
import type { TowerCluster, TowerVm } from './rows.ts';

/**
 * What the machines of a span did, folded by cell. Only five ranges exist, all ending now (sheet 4.3): a cell is read
 * from the finest that still has all of it; when only coarser points are left, there is nothing to read.
 */
export async function* fetchPerformance(
  client: CloudTowerClient,
  { span, grid, signal }: FetchRequest,
): AsyncGenerator<Page> {
  const now = client.context.clock.plan();
  const byRange = new Map<Range, Interval[]>();
  for (const cell of cellsOver(grid, span)) {
    const range = rangeFor(cell, now);
    if (range) byRange.set(range, [...(byRange.get(range) ?? []), cell]);
  }
  if (byRange.size === 0) return;
  const { clusters, machines } = await client.fleet(signal);
  for (const cluster of clusters.filter(isLive)) {
    const measures = measuresOf(cluster.hypervisor);
    const asked = machines.filter((vm) => vm.cluster?.id === cluster.id && mayHaveRun(vm, span));
    if (measures.length === 0 || asked.length === 0) continue;
    for (const [range, cells] of byRange)
      for (const endpoint of endpoints) {
        const of = measures.filter((measure) => measure.endpoint === endpoint);
        if (of.length === 0) continue;
        yield* measured(client, { cluster, machines: asked, measures: of, endpoint, range, cells, signal });
      }
  }
}

const endpoints: readonly Endpoint[] = ['get-vm-metrics', 'get-vm-network-metrics'];

/** One endpoint's measurements of one cluster. */
interface Question {
  readonly cluster: TowerCluster;
  readonly machines: readonly TowerVm[];
  readonly measures: readonly Measure[];
  readonly endpoint: Endpoint;
  readonly range: Range;
  readonly cells: readonly Interval[];
  readonly signal: AbortSignal;
}

/** One machine alone was measured at 14 s (sheet 4.4), so that many go into one call. */
const BATCH = 100;
/** What is dropped is asked for in smaller batches, as long as they do not become more than so many. */
const MOST_CALLS = 40;

async function* measured(client: CloudTowerClient, question: Question): AsyncGenerator<Page> {
  const { cluster, machines, signal } = question;
  const name = cluster.name || cluster.id;
  let size = BATCH;
  for (let rest = machines; rest.length > 0; ) {
    signal.throwIfAborted();
    const batch = rest.slice(0, size);
    const answer = await ask(client, question, batch);
    if (answer === 'denied') {
      yield { rows: silences(question, 'denied', name, 'may not be read') };
      return;
    }
    if (answer.some(({ data }) => data.dropped)) {
      size = Math.floor(batch.length / 2);
      if (size > 0 && rest.length / size <= MOST_CALLS) continue;
      yield {
        rows: silences(
          question,
          'dropped',
          name,
          'the tower dropped them: its monitoring is over its capacity',
        ),
      };
      return;
    }
    rest = rest.slice(batch.length);
    yield { rows: [...rowsOf(question, batch, answer), ...silent(question, batch, answer)] };
  }
}

const metric = z.looseObject({
  data: z.looseObject({
    unit: z.string(),
    dropped: z.boolean().nullish(),
    sample_streams: z
      .array(
        z.looseObject({
          labels: z.looseObject({
            metric_name: z.string().nullish(),
            _vm: z.string().nullish(),
            _mac: z.string().nullish(),
          }),
          points: z.array(z.unknown()).nullish(),
        }),
      )
      .nullish(),
  }),
});
type Metric = z.output<typeof metric>;

async function ask(
  client: CloudTowerClient,
  question: Question,
  batch: readonly TowerVm[],
): Promise<Metric[] | 'denied'> {
  const { endpoint, measures, range } = question;
  const metrics = [...namesOf(measures)];
  const body = { range: range.name, metrics, vms: { id_in: batch.map(({ id }) => id) } };
  try {
    const answer = await client.call(endpoint, body);
    if (!Array.isArray(answer)) {
      throw new MalformedResponse(`${endpoint}: the answer is no array`, { code: 'MISSING_ARRAY' });
    }
    return refuseStrangers(question, parse(z.array(metric), answer, endpoint, MalformedResponse), batch);
  } catch (error) {
    const unknown = error instanceof InvalidConfig && error.code === 'OPERATION_NOT_AVAILABLE';
    if (error instanceof InsufficientPermission || unknown) return 'denied';
    throw error;
  }
}

/** An answer about others, or of other names, than those asked about is the answer to another question. */
function refuseStrangers(
  { endpoint, measures }: Question,
  answer: Metric[],
  batch: readonly TowerVm[],
): Metric[] {
  const asked = new Set(batch.map(idOf));
  const names = namesOf(measures);
  const told = answer.flatMap(({ data }) => data.sample_streams ?? []).map(({ labels }) => labels);
  if (told.length > 0 && !told.some((one) => asked.has(one._vm ?? '') && names.has(one.metric_name ?? ''))) {
    throw new InconsistentListing(`${endpoint}: the answer is about nothing that was asked about`, {
      code: 'REPEATED_PAGE',
    });
  }
  return answer;
}

function namesOf(measures: readonly Measure[]): ReadonlySet<string> {
  return new Set(measures.flatMap(({ sources }) => sources.map(({ name }) => name)));
}

/** A row for each stream and cell. Strangers and names that nobody asked for are passed over, and told of. */
function rowsOf(question: Question, batch: readonly TowerVm[], answer: readonly Metric[]): unknown[] {
  const { cluster, cells, measures, range } = question;
  const machineById = new Map(batch.map((vm) => [idOf(vm), vm]));
  const names = namesOf(measures);
  return answer.flatMap(({ data }) =>
    (data.sample_streams ?? []).flatMap(({ labels, points }) => {
      const vm = machineById.get(labels._vm ?? '');
      const name = labels.metric_name ?? '';
      const known = measureNamed(name);
      if (!vm || !known || !names.has(name)) {
        return silences(
          question,
          'stranger',
          labels._vm || 'unnamed',
          'measurements that were not asked for',
        );
      }
      const about = {
        metric: name,
        machine: idOf(vm),
        ...(vm.name ? { name: vm.name } : {}),
        cluster: cluster.id,
        mac: labels._mac ?? null,
        unit: data.unit,
      };
      return foldedRows(points ?? [], cells, known.source.counter === true, range.spacing).map((folded) => ({
        ...folded,
        ...about,
      }));
    }),
  );
}

/** A stream that cannot be read is one bad row in the first of its cells. */
function foldedRows(
  raw: readonly unknown[],
  cells: readonly Interval[],
  counter: boolean,
  spacing: Millis,
): object[] {
  try {
    const points = pointsOf(raw);
    return cells.flatMap((cell) => {
      const folded = counter ? rateOver(points, cell) : meanOver(points, cell, spacing);
      return folded ? [{ ...cellText(cell), ...folded }] : [];
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return cells.slice(0, 1).map((cell) => ({ ...cellText(cell), problem: error.message }));
  }
}

/** Kinds without any point, though machines are running. */
function silent(question: Question, batch: readonly TowerVm[], answer: readonly Metric[]): object[] {
  const id = question.cluster.name || question.cluster.id;
  if (!batch.some(({ status }) => status === 'RUNNING')) return [];
  const told = new Set(
    answer.flatMap(({ data }) =>
      (data.sample_streams ?? []).flatMap(({ labels, points }) =>
        points?.length ? (labels.metric_name ?? '') : [],
      ),
    ),
  );
  const missing = question.measures.filter(({ sources }) => !sources.some(({ name }) => told.has(name)));
  return missing.flatMap(({ sources }) => {
    const names = sources.map(({ name }) => name).join(' or ');
    return silences(
      question,
      'empty',
      id,
      `no points: the tower does not know ${names}, or has no data of it`,
    );
  });
}

function silences({ cells }: Question, silence: string, id: string, what: string): object[] {
  return cells.map((cell) => ({ ...cellText(cell), silence, id, what }));
}

/** Of a frozen cluster nothing new is measured (sheet 2.6). */
function isLive({ connect_state }: TowerCluster): boolean {
  return connect_state === 'CONNECTED' || connect_state === 'CONNECTED_ERROR';
}

/** A machine in the recycle bin, or one that stands still since before the span, has nothing to tell. */
function mayHaveRun({ in_recycle_bin, last_shutdown_time, status }: TowerVm, span: Interval): boolean {
  if (in_recycle_bin) return false;
  if (status !== 'STOPPED' || !last_shutdown_time) return true;
  const stopped = parseInstant(last_shutdown_time);
  return stopped === null || stopped === 0 || stopped >= span.start;
}
