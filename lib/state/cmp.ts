import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Cmp } from '../cmp.ts';
import { StateConflict } from '../errors.ts';
import { formatInstant, parseInstant } from '../time.ts';
import { keepBeating, LEASE, type Leasing, nextFence } from './leasing.ts';
import {
  ACCOUNT_PARTITION,
  type Lease,
  NOTHING_STORED,
  type PartitionKey,
  type PartitionState,
  type State,
} from './state.ts';
import { damaged, readStored, storedForm } from './stored.ts';

export interface CmpStateSettings extends Pick<Leasing, 'now'>, Partial<Pick<Leasing, 'lease'>> {
  readonly cmp: Pick<Cmp, 'getModuleState' | 'patchModuleState'>;
  /** The CMP's id of our module. */
  readonly moduleId: string;
}

/**
 * State under a module's keys in the CMP, one for each account, stream and partition. The CMP compares nothing
 * before it writes: of two processes that take a partition in the same moment, both may get it. So this state is
 * for one process at a time. One that sees another at work is `busy`, a holder that was overtaken is refused as
 * far as a look before the write can tell, and within a process a second lease is an error.
 */
export function cmpState(settings: CmpStateSettings): State {
  const place = { ...settings, lease: settings.lease ?? LEASE, open: new Set<string>() };
  return {
    capabilities: { compareAndSet: false, durable: true },
    acquire: (key) => acquire(place, key),
    partitions: (key) => partitionsIn(place, key),
    peek: async (key) => (await load(place, key)).state,
  };
}

interface Place extends CmpStateSettings, Leasing {
  readonly lease: number;
  /** Keys that this process holds. */
  readonly open: Set<string>;
}

const holderSchema = z.object({
  fence: z.number().int(),
  /** How often the state was committed. */
  version: z.number().int(),
  owner: z.string().nullable(),
  expires: z.string(),
});

interface Loaded {
  readonly fence: number;
  readonly version: number;
  /** Who holds it, until when; null when nobody does. */
  readonly owner: string | null;
  readonly expires: number;
  readonly state: PartitionState;
}

async function load({ cmp, moduleId }: Place, key: PartitionKey): Promise<Loaded> {
  const kept = await cmp.getModuleState(moduleId);
  const name = nameOf(key);
  if (!Object.hasOwn(kept, name))
    return { fence: 0, version: 0, owner: null, expires: 0, state: NOTHING_STORED };
  const value = kept[name];
  const entry = typeof value === 'object' && value !== null ? value : {};
  const { lease, ...stored } = entry as { lease?: unknown };
  const holder = holderSchema.safeParse(lease);
  const state = readStored(stored, `of the CMP's module ${moduleId}, ${name},`);
  if (!holder.success) throw damaged(`of the CMP's module ${moduleId}, ${name},`, holder.error);
  return { ...holder.data, expires: parseInstant(holder.data.expires) ?? 0, state };
}

async function acquire(place: Place, key: PartitionKey): Promise<Lease | null> {
  const name = nameOf(key);
  if (place.open.size > 0) throw alone();
  place.open.add(name);
  try {
    const found = await load(place, key);
    const left = found.owner === null ? 0 : found.expires - place.now();
    if (left > 0 && left <= place.lease) return free(place, name, null);
    const owner = randomUUID();
    const fence = nextFence(found.fence, place.now());
    await save(place, key, { ...found, fence, owner });
    return hold(place, key, { ...found, fence, owner });
  } catch (error) {
    throw free(place, name, error);
  }
}

function hold(place: Place, key: PartitionKey, taken: Loaded): Lease {
  let now = taken;
  const write = async (change: Partial<Loaded>) => {
    const { fence, owner } = await load(place, key);
    if (fence !== taken.fence || owner !== taken.owner)
      throw new StateConflict('Another process took over this partition while this one was away');
    now = { ...now, ...change };
    await save(place, key, now);
  };
  const beating = keepBeating(place, () => write({}));
  return {
    fence: taken.fence,
    state: taken.state,
    commit: (state) => write({ state, version: now.version + 1 }),
    async release() {
      beating.stop();
      await write({ owner: null }).catch(() => {}); // it ends by itself
      place.open.delete(nameOf(key));
    },
  };
}

async function save({ cmp, lease, moduleId, now }: Place, key: PartitionKey, next: Loaded): Promise<void> {
  const { fence, owner, state, version } = next;
  const value = {
    ...storedForm(state, key.partition),
    lease: { fence, version, owner, expires: formatInstant(now() + lease) },
  };
  await cmp.patchModuleState(moduleId, { [nameOf(key)]: value });
}

async function partitionsIn(
  { cmp, moduleId }: Place,
  key: Omit<PartitionKey, 'partition'>,
): Promise<string[]> {
  const prefix = nameOf({ ...key, partition: '' });
  const entries = Object.entries(await cmp.getModuleState(moduleId));
  const partitions = entries.flatMap(([name, value]) => {
    const { lease } = Object(value) as { lease?: { version?: unknown } };
    return name.startsWith(prefix) && lease?.version !== 0
      ? [decodeURIComponent(name.slice(prefix.length))]
      : [];
  });
  return partitions.filter((partition) => partition !== ACCOUNT_PARTITION).sort();
}

/** `usage-sync/<account>/<stream>/<partition>`, each percent-encoded: the module may keep things of its own. */
function nameOf({ account, stream, partition }: PartitionKey): string {
  return ['usage-sync', account, stream, partition].map(encodeURIComponent).join('/');
}

function free<Value>({ open }: Place, name: string, value: Value): Value {
  open.delete(name);
  return value;
}

function alone(): StateConflict {
  return new StateConflict(
    'The state cmp: cannot compare before it writes, so one partition is worked on at a time',
    {
      code: 'STATE_SINGLE',
      hint: 'Run one account after another, with a reserved concurrency of 1; or keep the state in dynamodb: or file:.',
    },
  );
}
