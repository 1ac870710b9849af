import { provider as cloudstack } from '../functions/cloudstack/index.ts';
import { MalformedResponse, SyncError } from '../lib/errors.ts';
import { parseInstant, SECOND } from '../lib/time.ts';
import { random } from '../simulators/random.ts';
import { type CloudStackProvider, changed, memorySink, memoryState, syncOnce } from './cloudstack-run.ts';
import { type Outcome, type Proof, type ProofOptions, tally } from './proof.ts';
import { type Answers, answering, bombed, goodAnswers, keyOf, withBody } from './r05-answers.ts';
import { mutations } from './r05-mutations.ts';

const DAY_READ = { start: Date.UTC(2026, 10, 20), end: Date.UTC(2026, 10, 21) };
const NOW = DAY_READ.end + 36_000 * SECOND;
/** Milliseconds for one case, from which on it counts as hanging. */
const PATIENCE = 1000;

/** Megabytes of heap and buffers that one case may add, rubbish not yet collected included. */
const MOST_MEMORY = 100;

/** Answers that are not what they should be, in every way: a typed error, quarantine, or valid rows. */
export const r05: Proof = {
  id: 'R5',
  name: 'mutated answers of CloudStack: typed errors, quarantine or valid rows, and nothing else',
  full: 10_000,
  quick: mutations.length * 6,
  run: (options) => check(cloudstack, options),
  bad: [
    { name: 'takes every number as it parses', run: (options) => check(unchecked, options) },
    { name: 'takes an error for an empty answer', run: (options) => check(swallowing, options) },
  ],
};

const unchecked = changed((stream) => ({
  normalize(raw) {
    const row = raw as Record<string, string>;
    const [record] = stream.normalize({ ...row, rawusage: '0' });
    return record ? [{ ...record, variables: { ...record.variables, value: Number(row.rawusage) } }] : [];
  },
}));

const swallowing = changed((stream) => ({
  async *fetch(client, request) {
    try {
      yield* stream.fetch(client, request);
    } catch {
      yield { rows: [] };
    }
  },
}));

async function check(provider: CloudStackProvider, { seed, count }: ProofOptions): Promise<Outcome> {
  const chance = random(seed);
  const found = tally();
  const bomb = await bombed();
  if (bomb) found.violate(bomb);
  const answers = await goodAnswers(cloudstack, DAY_READ, seed);
  const figures = {
    'typed errors': 0,
    delivered: 0,
    quarantined: 0,
    'longest (ms)': 0,
    'most memory of a case (MB)': 0,
  };
  const usage = [...answers.bodies].filter(
    ([key, { status }]) => key.startsWith('listUsageRecords') && status === 200,
  );
  for (let number = 0; number < count; number += 1) {
    const mutation = mutations[number % mutations.length];
    const [key, response] = chance.pick(chance.chance(0.85) ? usage : [...answers.bodies]);
    if (!mutation) break;
    const body = Buffer.from(mutation.of(response.text(), chance));
    const began = performance.now();
    const before = megabytes();
    const end = await within(PATIENCE, runWith(provider, answers, key, body));
    figures['longest (ms)'] = Math.max(figures['longest (ms)'], Math.round(performance.now() - began));
    figures['most memory of a case (MB)'] = Math.max(
      figures['most memory of a case (MB)'],
      megabytes() - before,
    );
    figures[end.kind] += 1;
    figures.quarantined += end.quarantined;
    const broken = end.broken ?? (isPolluted() ? 'Object.prototype was changed' : null);
    if (broken) found.violate(`case ${number}, ${mutation.name} in ${key}: ${broken}`);
  }
  if (figures['most memory of a case (MB)'] > MOST_MEMORY)
    found.violate('one case took more memory than its bound');
  return found.outcome(count, figures);
}

interface End {
  readonly kind: 'typed errors' | 'delivered';
  readonly quarantined: number;
  readonly broken: string | null;
}

async function runWith(
  provider: CloudStackProvider,
  answers: Answers,
  key: string,
  body: Buffer,
): Promise<End> {
  const served = new Map(
    [...answers.bodies].map(([name, good]) => [name, name === key ? withBody(good, body) : good]),
  );
  const sink = memorySink();
  const target = { sink, state: memoryState(), seed: DAY_READ.start };
  const through = answering(provider, async ({ url }) => served.get(keyOf(url)) ?? nothing(keyOf(url)));
  try {
    const { windows } = await syncOnce({
      provider: through,
      credentials: answers.credentials,
      now: NOW,
      target,
    });
    const counted = windows.reduce(
      (sum, { records, duplicates, quarantined }) => sum + records + duplicates + quarantined,
      0,
    );
    const values = [...sink.cells.values()].flat().map(({ time, end, value }) => placeOf(time, end, value));
    const quarantined = windows.reduce((sum, window) => sum + window.quarantined, 0);
    return { kind: 'delivered', quarantined, broken: falsehoodIn(values, counted, [...served]) };
  } catch (error) {
    const broken = error instanceof SyncError ? null : `no typed error: ${error}`;
    return { kind: 'typed errors', quarantined: 0, broken };
  }
}

/** Holds what was delivered against a second, naive reading of what was served. */
function falsehoodIn(
  values: readonly string[],
  counted: number,
  served: readonly (readonly [string, { readonly status: number; text(): string }])[],
): string | null {
  const pages = served.filter(([key, { status }]) => key.startsWith('listUsageRecords') && status === 200);
  const rows: Record<string, unknown>[] = [];
  for (const [, page] of pages) {
    const read = rowsIn(page.text());
    if (read === null) return 'delivered, although a page cannot be read';
    rows.push(...read);
  }
  const valid = new Set(
    rows.map((row) =>
      placeOf(instant(row.startdate), (instant(row.enddate) ?? 0) + SECOND, amount(row.rawusage)),
    ),
  );
  const invented = values.find((value) => !valid.has(value));
  if (invented !== undefined) return `delivered what no row says: ${invented}`;
  const due = rows.filter(({ startdate }) => isDue(instant(startdate))).length;
  return counted === due ? null : `${counted} rows are accounted for, of ${due}`;
}

function rowsIn(text: string): Record<string, unknown>[] | null {
  try {
    const [body] = Object.values(JSON.parse(text.replace(/\p{Cc}/gu, ' ')) as object);
    if (body === null || typeof body !== 'object' || 'errorcode' in body) return null;
    return (Object.values(body).find(Array.isArray) as Record<string, unknown>[] | undefined) ?? [];
  } catch {
    return null;
  }
}

function instant(text: unknown): number | null {
  return typeof text === 'string' ? parseInstant(text.replaceAll("'", '')) : null;
}

/** A row that says no time is one to account for. */
function isDue(start: number | null): boolean {
  return start === null || (start >= DAY_READ.start && start < DAY_READ.end);
}

function amount(raw: unknown): number {
  const text = typeof raw === 'number' || typeof raw === 'string' ? String(raw) : '';
  return /^\d+([.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN;
}

/** What is not finite has no place, and nothing may be delivered there. */
function placeOf(start: number | null, end: number, value: number): string {
  return Number.isFinite(value) ? `${start} ${end} ${value}` : `no number (${Math.random()})`;
}

function nothing(key: string): never {
  throw new MalformedResponse(`The good run never asked for ${key}`);
}

async function within(ms: number, work: Promise<End>): Promise<End> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<End>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'typed errors', quarantined: 0, broken: 'hangs' }), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function megabytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 ** 2);
}

function isPolluted(): boolean {
  return 'polluted' in {} || Object.keys(Object.prototype).length > 0;
}
