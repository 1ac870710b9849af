import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CloudStackClient } from '../functions/cloudstack/client.ts';
import { provider as cloudstack, mapping } from '../functions/cloudstack/index.ts';
import { destinationFrom } from '../lib/destination.ts';
import { answerStream } from '../lib/handler.ts';
import type { Platform } from '../lib/run.ts';
import { DAY } from '../lib/time.ts';
import { oracleRows } from '../simulators/cloudstack/oracle.ts';
import { type CloudStackSimulator, startCloudStack } from '../simulators/cloudstack/server.ts';
import type { CloudStackProvider } from './cloudstack-run.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const TODAY = Date.UTC(2026, 10, 21);
const TENANTS = 4;

/** Megabytes by which a warm process may have grown in the end: what a collection leaves differs by a few. */
const FLAT = 8;
/** Fewer invocations say nothing of memory. */
const ENOUGH = 1000;

/** A warm process serves one tenant after another. */
export const r18: Proof = {
  id: 'R18',
  name: '5,000 warm invocations in one process, tenants alternating: memory flat, nobody sees what is another’s',
  full: 5000,
  quick: 40,
  run: (options) => check(cloudstack, options),
  bad: [{ name: 'a client cached at module scope', run: (options) => check(cachingClient(), options) }],
};

async function check(provider: CloudStackProvider, { count, seed, enough }: ProofOptions): Promise<Outcome> {
  const found = tally(enough);
  const clouds = await Promise.all(Array.from({ length: TENANTS }, (_, number) => cloudOf(seed + number)));
  const own = clouds.map((cloud) => idsOf(cloud));
  const memory: number[] = [];
  try {
    for (const number of found.cases(count)) {
      const tenant = number % TENANTS;
      const seen = await invoke(provider, tenant, clouds[tenant]?.credentials ?? {});
      const wrong = typeof seen === 'string' ? seen : differenceOf(seen, own[tenant] ?? new Set());
      if (wrong !== null) found.violate(`invocation ${number}, tenant ${tenant}: ${wrong}`);
      for (const cloud of clouds) forget(cloud);
      if (number % Math.ceil(count / 10) === 0) memory.push(heapInUse());
    }
    memory.push(heapInUse());
    const [, warm = 0] = memory;
    const grown = ((memory.at(-1) ?? 0) - warm) / 1e6;
    if (count >= ENOUGH && grown > FLAT) found.violate(`the heap grew by ${grown.toFixed(1)} MB`);
    return found.outcome(count, { 'heap grown by MB': grown.toFixed(1) });
  } finally {
    await Promise.all(clouds.map((cloud) => cloud.close()));
  }
}

function cloudOf(seed: number): Promise<CloudStackSimulator> {
  return startCloudStack({
    seed,
    vms: 1,
    since: TODAY - 4 * DAY,
    role: 'root-admin',
    wireNow: Date.now,
    planNow: () => NOW,
  });
}

/** What a simulator remembers of requests would look like memory of ours. */
function forget({ requests }: CloudStackSimulator): void {
  (requests as unknown[]).length = 0;
}

/** One invocation without a sink: what the tenant is answered. @returns its resources, or why there are none */
async function invoke(
  provider: CloudStackProvider,
  tenant: number,
  credentials: Readonly<Record<string, unknown>>,
): Promise<ReadonlySet<string> | string> {
  const event = {
    account_id: `tenant-${tenant}`,
    credentials,
    last_update: new Date(TODAY - DAY).toISOString(),
  };
  const platform: Platform = {
    clock: { plan: () => NOW, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' },
    loopback: true,
    random: () => 0,
  };
  try {
    const answer = await answerStream(provider, 'metrics', mapping, event, platform, destinationFrom({}));
    const { metrics } = answer as { metrics: readonly { provider_id: string }[] };
    return new Set(metrics.map((metric) => metric.provider_id));
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
  }
}

function idsOf(cloud: CloudStackSimulator): ReadonlySet<string> {
  return new Set([...oracleRows(cloud, { start: TODAY - DAY, end: TODAY })].map(({ id }) => id));
}

function differenceOf(seen: ReadonlySet<string>, own: ReadonlySet<string>): string | null {
  const foreign = [...seen].find((id) => !own.has(id));
  if (foreign !== undefined) return `${foreign} is another's`;
  return seen.size > 0 ? null : 'was answered nothing';
}

function cachingClient(): CloudStackProvider {
  let cached: CloudStackClient | undefined;
  return {
    ...cloudstack,
    connect(context) {
      cached ??= cloudstack.connect(context);
      return cached;
    },
  };
}

let collect: (() => void) | null = null;

/** Bytes after a collection. */
function heapInUse(): number {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return process.memoryUsage().heapUsed;
}
