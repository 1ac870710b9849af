import { createHash } from 'node:crypto';
import { openCmp } from '../cmp/client.ts';
import type { Cmp } from '../cmp.ts';
import { DeliveryError, InsufficientPermission, InvalidConfig, InvalidCredentials } from '../errors.ts';
import { type NflexMetric, nflexMetric } from '../models/metric.ts';
import { cellName } from './names.ts';
import type { SinkSettings } from './open.ts';
import type { Batch, Receipt, Sink } from './sink.ts';

/** One call's largest body. */
const MOST_METRICS = 1000;
const MOST_BYTES = 1_000_000;

/** The name under which the CMP shows where metrics come from. */
const MONITORING_SYSTEM = 'usage-sync';

/** Opens `cmp:`, the CMP of the environment. @throws InvalidConfig when there is none */
export function cmpSink({ cmp: settings, platform }: Pick<SinkSettings, 'cmp' | 'platform'>): Sink {
  if (settings === null) {
    throw new InvalidConfig(
      'The sink cmp: needs a CMP: set CMP_URL, and CMP_KEY with CMP_SECRET, or CMP_TOKEN',
      {
        code: 'CMP_NOT_SET',
      },
    );
  }
  const { cmp, close } = openCmp(settings, platform);
  return sinkTo(cmp, close);
}

/**
 * Metrics by `POST /metrics` (nflex: 6. CMP API), in calls of bounded size. A call that is tried again has
 * the same `Idempotency-Key`; the state's digest tells that a cell did not change. The CMP
 * cannot be asked what it has: a corrected cell is sent whole, with the metric keys that it had.
 */
function sinkTo(cmp: Pick<Cmp, 'postMetrics'>, close: () => void): Sink {
  return {
    replaces: true,
    deliver: (batch) => deliver(cmp, batch),
    deliverSpend: async () => refuse('spend'),
    deliverSnapshot: async ({ stream }) => refuse(stream),
    deliverJournal: async () => refuse('logs'),
    async setAside(account, partition) {
      throw new InvalidConfig(`${account}, ${partition}: the CMP cannot take back metrics of a former grid`, {
        code: 'REGRID_NOT_TAKEN',
        hint: "Have the CMP's operator remove the account's metrics, then begin with a new state; or use another sink.",
      });
    },
    async close() {
      close();
    },
  };
}

/** One call's metrics: of one resource, as a body names one. */
interface Parcel {
  readonly resource: string;
  readonly metrics: NflexMetric[];
  readonly hash: ReturnType<typeof createHash>;
  bytes: number;
}

async function deliver(cmp: Pick<Cmp, 'postMetrics'>, batch: Batch): Promise<Receipt> {
  const { parcels, digest } = pack(batch);
  const previous = batch.known?.digest ?? null;
  if (digest === previous) return { digest, previous };
  for (const [number, { resource, metrics, hash }] of parcels.entries()) {
    const key = keyOf(batch, number, hash.digest('hex'));
    const body = { resource_id: resource, monitoring_system: MONITORING_SYSTEM, metrics };
    await cmp.postMetrics(body, key).catch(asDelivery);
  }
  return { digest, previous };
}

/** Everything is evaluated before anything is sent: a mapping that fails midway must not leave half a cell. */
function pack(batch: Batch): { parcels: readonly Parcel[]; digest: string } {
  const whole = createHash('sha256');
  const parcels: Parcel[] = [];
  for (const metric of batch.metrics) {
    const body = nflexMetric(metric);
    const line = `${JSON.stringify(body)}\n`;
    const bytes = Buffer.byteLength(line);
    const resource = body.resource_id ?? batch.account;
    const last = parcels.at(-1);
    const fits = last?.resource === resource && last.metrics.length < MOST_METRICS;
    const parcel = fits && last.bytes + bytes <= MOST_BYTES ? last : emptyParcel(resource);
    if (parcel !== last) parcels.push(parcel);
    parcel.metrics.push(body);
    parcel.hash.update(line);
    parcel.bytes += bytes;
    whole.update(line);
  }
  return { parcels, digest: whole.digest('hex') };
}

function emptyParcel(resource: string): Parcel {
  return { resource, metrics: [], hash: createHash('sha256'), bytes: 0 };
}

/**
 * Names these very bytes of this very cell, following what was acknowledged before: the same in every process that
 * tries. Without the latter an amount that is corrected, and corrected back, would be taken for a repetition.
 */
function keyOf({ account, partition, cell, known }: Batch, number: number, digest: string): string {
  const before = known && [known.digest, known.readAt];
  const parts = [account, 'metrics', partition, cellName(cell), number, digest, before];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Refused credentials of the CMP are none of the account's: they must not make it wait. */
function asDelivery(error: unknown): never {
  if (!(error instanceof InvalidCredentials || error instanceof InsufficientPermission)) throw error;
  const { code, hint, message } = error;
  throw new DeliveryError(message, { code, hint, cause: error });
}

function refuse(stream: string): never {
  throw new InvalidConfig(`The sink cmp: takes metrics, not ${stream}`, {
    code: 'STREAM_NOT_TAKEN',
    hint: 'Without a sink a handler returns them, which is where the CMP collects them; or give them a file: or s3:// sink.',
  });
}
