import { provider as cloudstack } from '../../functions/cloudstack/index.ts';
import type { Metric } from '../../lib/models/metric.ts';
import { parseInstant, SECOND } from '../../lib/time.ts';
import { startCloudStack } from '../../simulators/cloudstack/server.ts';
import { asItCame, changed } from '../cloudstack-run.ts';
import type { AnswerSubject, Served } from '../r05-answers.ts';
import { jsonMutations } from '../r05-mutations.ts';

const DAY_READ = { start: Date.UTC(2026, 10, 20), end: Date.UTC(2026, 10, 21) };
const NOW = DAY_READ.end + 36_000 * SECOND;

const unchecked = changed((stream) => ({
  normalize(raw) {
    const row = raw as Record<string, string>;
    const [record] = stream.normalize({ ...row, rawusage: '0' });
    return record ? [{ ...record, variables: { ...record.variables, value: Number(row.rawusage) } }] : [];
  },
}));

const fields = ['usagetype', 'startdate', 'enddate', 'usageid', 'description', 'zoneid', 'usage', 'tags'];

export const cloudStackAnswers: AnswerSubject = {
  room: cloudstack,
  mapping: asItCame,
  cells: DAY_READ,
  partition: 'all',
  now: NOW,
  start: (seed) =>
    startCloudStack({
      seed,
      vms: 1,
      since: DAY_READ.start,
      maxPageSize: 25,
      wireNow: Date.now,
      planNow: () => NOW,
    }),
  keyOf: ({ url: { searchParams } }) =>
    ['command', 'page', 'pagesize', 'name'].map((name) => searchParams.get(name) ?? '').join(' '),
  isUsage: (key) => key.startsWith('listUsageRecords'),
  mutations: [
    ...jsonMutations({ amount: 'rawusage', anchor: 'usagetype', fields, array: 'usagerecord' }),
    {
      name: 'error with 200',
      of: (_, chance) =>
        `{"r":{"errorcode":${chance.pick([401, 431, 530, 9999, '"x"', 'null', '{}'])},"errortext":"no"}}`,
    },
    {
      name: 'a count',
      of: (text, chance) =>
        text.replace(/"count":\d+/, `"count":${chance.pick(['1e400', '-1', '"7"', 'null', '999999'])}`),
    },
  ],
  falsehoodIn,
  unchecked,
};

/** Holds what was delivered against a second, naive reading of what was served. */
function falsehoodIn(metrics: readonly Metric[], counted: number, pages: readonly Served[]): string | null {
  const values = metrics.map(({ time, end, value }) => placeOf(time, end, value));
  const rows: Record<string, unknown>[] = [];
  for (const page of pages) {
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
