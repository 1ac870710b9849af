import * as z from 'zod';
import { StateUnavailable } from '../errors.ts';
import { reportGap } from '../report.ts';
import { formatInstant, type Millis, parseInstant } from '../time.ts';
import type { PartitionState } from './state.ts';

/** The stored form's version: a reader refuses what a newer writer left. */
const VERSION = 1;

const instant = z.string().transform((text, context) => {
  const value = parseInstant(text);
  if (value === null) context.addIssue('expected an RFC 3339 timestamp');
  return value ?? Number.NaN;
});

const storedSchema = z.strictObject({
  v: z.literal(VERSION),
  /** Whose state it is: file names are shortened, and cannot always be read back. */
  partition: z.string(),
  grid: z.strictObject({ minutes: z.number().int(), zone: z.string() }).nullable(),
  origin: instant.nullable(),
  checkpoint: instant.nullable(),
  cells: z.array(
    z.strictObject({
      start: instant,
      end: instant,
      digest: z.string(),
      records: z.number().int(),
      quarantined: z.number().int(),
      readAt: instant,
      settled: z.boolean(),
      amount: z.string().optional(),
      gaps: z.array(z.strictObject({ start: instant, end: instant, why: z.string() })).optional(),
    }),
  ),
  memory: z.unknown(),
  observedAt: instant.optional(),
  failure: z
    .strictObject({
      failures: z.number().int(),
      lastError: z.strictObject({ exc_type: z.string(), exc_message: z.string(), code: z.string() }),
      notBefore: instant.nullable(),
      credentials: z.string(),
    })
    .nullable(),
});

/** A partition's state as JSON that a person can read. */
export type StoredForm = z.input<typeof storedSchema>;

export function storedForm(state: PartitionState, partition: string): StoredForm {
  return {
    v: VERSION,
    partition,
    grid: state.grid,
    origin: printed(state.origin),
    checkpoint: printed(state.checkpoint),
    memory: state.memory ?? null,
    ...(state.observedAt === undefined ? {} : { observedAt: formatInstant(state.observedAt) }),
    failure: state.failure && { ...state.failure, notBefore: printed(state.failure.notBefore) },
    cells: state.cells.map(({ gaps, ...cell }) => ({
      ...cell,
      ...(gaps ? { gaps: gaps.map(reportGap) } : {}),
      start: formatInstant(cell.start),
      end: formatInstant(cell.end),
      readAt: formatInstant(cell.readAt),
    })),
  };
}

/** As text, one cell a line. */
export function printStored(state: PartitionState, partition: string): string {
  const { cells, ...rest } = storedForm(state, partition);
  const head = JSON.stringify(rest);
  return `${head.slice(0, -1)},"cells":[${cells.map((cell) => `\n${JSON.stringify(cell)}`).join(',')}\n]}\n`;
}

/** Reads what {@link printStored} wrote. @throws as {@link readStored} */
export function parseStored(text: string, place: string): PartitionState {
  return readStored(parseJson(text), place);
}

/**
 * Reads a {@link StoredForm}.
 * @param place where it stands, as the reader knows it
 * @throws StateUnavailable when it is damaged (`STATE_DAMAGED`) or of a newer version (`STATE_NEWER`).
 */
export function readStored(value: unknown, place: string): PartitionState {
  const version = typeof value === 'object' && value !== null && 'v' in value ? Number(value.v) : Number.NaN;
  if (version > VERSION) {
    throw new StateUnavailable(`The state ${place} was written by a newer version of usage-sync`, {
      code: 'STATE_NEWER',
      hint: 'Upgrade usage-sync; the state was left as it is.',
    });
  }
  const parsed = storedSchema.safeParse(value);
  if (!parsed.success) throw damaged(place);
  const { v: _, partition: __, memory, ...state } = parsed.data;
  return { ...state, memory: memory ?? null };
}

/** What a state knows cannot be guessed. */
export function damaged(place: string, cause?: unknown): StateUnavailable {
  return new StateUnavailable(`The state ${place} is damaged`, {
    code: 'STATE_DAMAGED',
    hint: 'Restore it from a backup; or move it away and read the range again with --from/--to. It was left as it is.',
    cause,
  });
}

/** The partition that a stored state belongs to; null when it cannot be read. */
export function partitionOf(text: string): string | null {
  const value = parseJson(text);
  const partition =
    typeof value === 'object' && value !== null && 'partition' in value ? value.partition : null;
  return typeof partition === 'string' ? partition : null;
}

function printed(instant: Millis | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
