import * as z from 'zod';
import { DeliveryError } from '../errors.ts';
import type { CellStreamName } from '../job.ts';
import { UNFENCED } from '../state/state.ts';
import type { Millis } from '../time.ts';
import { Changed, contentOf, type Found, type Store } from './store.ts';

/** Cell name → SHA-256 of its text. */
export type PartitionManifest = Readonly<Record<string, string>>;

const partSchema = z.object({
  v: z.literal(1),
  fence: z.number().int().nonnegative().default(UNFENCED),
  cells: z.record(z.string(), z.string()).default({}),
});

type StoredPart = z.infer<typeof partSchema>;

/** Where a part stands, and the folder of the cells that it knows; null when it is a fence and nothing else. */
export interface PartPlace {
  readonly name: string;
  readonly cells: string | null;
}

/** The part of the manifest for a partition's cells: `place` is `<account>/<partition>`. */
export function cellsPart(stream: CellStreamName, place: string): PartPlace {
  return { name: `manifest/${stream}/${place}.json`, cells: `${stream}/${place}` };
}

/** What a stream without cells needs of a part. */
export function fencePart(stream: string, place: string): PartPlace {
  return { name: `fences/${stream}/${place}.json`, cells: null };
}

/** A part in the hands of one writer. */
export interface Part {
  readonly fence: number;
  readonly cells: PartitionManifest;
  /** @throws DeliveryError (`STALE_WRITER`) when another fence is higher than this writer's */
  admit(other: number): void;
  /** Looks again who may write. @throws DeliveryError (`STALE_WRITER`) */
  readonly check: () => Promise<void>;
  /** Adds cells to those that are known. */
  add(cells: PartitionManifest): Promise<void>;
  /** Forgets the cells, not the fence. */
  clear(): Promise<void>;
}

/**
 * Each partition keeps its own part, written with every cell it delivers, so that processes which work on
 * different partitions never write the same text. It also holds the fence: who may write the partition's cells.
 */
export interface Parts {
  /** The part for a writer: one that comes with a higher fence shuts out those before. @throws DeliveryError */
  claim(place: PartPlace, fence: number): Promise<Part>;
}

/** What is known of a stored part. */
interface Held {
  fence: number;
  cells: PartitionManifest;
  found: Found | null;
}

export function openParts(store: Store): Parts {
  const open = new Map<string, Held>();
  return {
    async claim(place, fence) {
      const known = open.get(place.name);
      const held = known ?? (await loadTrusted(store, place));
      open.set(place.name, held);
      const part = partOf(store, held, place, fence);
      if (known) await part.check();
      else part.admit(held.fence);
      if (held.fence < fence) {
        const since = writtenAt(held);
        await part.add({});
        // Who is overtaken may have been writing until now: its half is removed, its whole is not trusted.
        held.cells = await trustedCells(store, place, held.cells, since);
      }
      return part;
    },
  };
}

/** Reads a part's cells without claiming it. @throws DeliveryError when it is damaged */
export async function readPart(store: Store, name: string): Promise<PartitionManifest> {
  return (await load(store, name)).cells;
}

/** Tries of one write that others keep coming before. */
const TRIES = 5;

function partOf(store: Store, held: Held, { name }: PartPlace, fence: number): Part {
  const admit = (other: number) => {
    if (fence !== UNFENCED && other > fence) throw stale(name, fence, other);
  };
  const reload = async () => {
    Object.assign(held, await load(store, name));
    admit(held.fence);
  };
  const save = async (cellsNow: () => PartitionManifest) => {
    for (let tries = 1; ; tries += 1) {
      const next = { v: 1, fence: Math.max(held.fence, fence), cells: cellsNow() };
      try {
        const content = contentOf(`${JSON.stringify(next)}\n`);
        const found = await store.write(name, content, { over: held.found, fence });
        Object.assign(held, next, { found });
        return;
      } catch (error) {
        if (!(error instanceof Changed)) throw error;
        if (tries >= TRIES) throw contended(name, error);
        await reload();
      }
    }
  };
  return {
    fence,
    get cells() {
      return held.cells;
    },
    admit,
    async check() {
      const found = await store.find(name);
      if (found?.version !== held.found?.version) await reload();
      else admit(held.fence);
    },
    add: (cells) => save(() => ({ ...held.cells, ...cells })),
    clear: () => save(() => ({})),
  };
}

async function load(store: Store, name: string): Promise<Held> {
  const stored = await store.read(name);
  if (stored === null) return { fence: UNFENCED, cells: {}, found: null };
  const { text, ...found } = stored;
  const { fence, cells } = parsePart(text, name);
  return { fence, cells, found };
}

async function loadTrusted(store: Store, place: PartPlace): Promise<Held> {
  const held = await load(store, place.name);
  return { ...held, cells: await trustedCells(store, place, held.cells, writtenAt(held)) };
}

/**
 * A cell that was written after its part is taken for unknown: a process that was killed in between did not come
 * to say what it wrote.
 */
async function trustedCells(
  store: Store,
  place: PartPlace,
  cells: PartitionManifest,
  since: Millis,
): Promise<PartitionManifest> {
  if (place.cells === null) return cells;
  const strays = new Set((await store.tidy(place.cells, since)).map((name) => name.split('.')[0]));
  return Object.fromEntries(Object.entries(cells).filter(([cell]) => !strays.has(cell)));
}

function writtenAt({ found }: Held): Millis {
  return found?.writtenAt ?? Number.POSITIVE_INFINITY;
}

function parsePart(text: string, name: string): StoredPart {
  const parsed = partSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new DeliveryError(`${name} is damaged or of a newer version`, {
    code: 'MANIFEST_DAMAGED',
    hint: `Move ${name} away; the cells are then written anew when they are read again.`,
  });
}

/** A writer that was overtaken: it changed nothing, and the other one goes on. */
function stale(name: string, fence: number, other: number): DeliveryError {
  return new DeliveryError(`Another process took over ${name} (its fence is ${other}, ours ${fence})`, {
    code: 'STALE_WRITER',
    hint: 'Nothing to do: this process was too slow and changed nothing; the other one goes on from its work.',
  });
}

/** Two writers that nothing puts in an order. */
export function contended(name: string, cause: Changed): DeliveryError {
  return new DeliveryError(`${name} was changed by others each time it was to be replaced`, {
    code: 'SINK_CONTENDED',
    hint: 'Let one process at a time work on a partition: give all of them the same --state or USAGE_SYNC_STATE.',
    cause,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
