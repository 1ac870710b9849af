import { provider as almanach } from '../../functions/almanach/index.ts';
import type { Metric } from '../../lib/models/metric.ts';
import { DAY, HOUR, type Interval } from '../../lib/time.ts';
import { startAlmanach, startWithKeystone } from '../../simulators/almanach/index.ts';
import type { AlmanachOptions } from '../../simulators/almanach/options.ts';
import { type AlmanachProvider, livedTime } from '../almanach-run.ts';
import type { AnswerSubject, Served } from '../r05-answers.ts';
import { jsonMutations, type Mutation, nested, replaced } from '../r05-mutations.ts';
import { withMetrics } from '../sync-once.ts';
import { lifeOf, type NaiveLife, piecesIn } from './almanach-reading.ts';

const SINCE = Date.UTC(2026, 10, 20);
const NOW = SINCE + 3 * DAY + 30 * 60_000;
const CELLS = { start: NOW - 30 * 60_000 - 5 * HOUR, end: NOW - 30 * 60_000 - HOUR };

const unchecked: AlmanachProvider = withMetrics(almanach, (stream) => ({
  normalize(raw) {
    const row = raw as Record<string, unknown>;
    if (row.entity_type !== 'volume') return stream.normalize(raw);
    const size = Number(row.size);
    return stream
      .normalize({ ...row, size: 0 })
      .map((life) => ({ ...life, attributes: { ...life.attributes, size } }));
  },
}));

const dates = [
  ...[
    '2026-11-20T01:02:03Z',
    '2026-11-20 01:02:03',
    '2026-11-20T01:02:03.5+02:00',
    '2026-11-20 01:02:03-0300',
  ],
  ...[
    '2026-11-20',
    '2026-11-20 01:02',
    '2026-11-20 01:02:03.1234567',
    '20261120T010203Z',
    '1795136523',
    'now',
  ],
  ...[
    '2026-13-20 01:02:03',
    '2026-11-20 25:02:03',
    '+002026-11-20T01:02:03Z',
    ' 2026-11-20 01:02:03',
    '9999-12-31 23:59:59',
  ],
];
const page = 'text/html; charset=utf-8';

const own: readonly Mutation[] = [
  {
    name: 'a date',
    of: (text, chance) =>
      replaced(
        text,
        chance,
        /"(?:start|end)": ?("[^"]*"|null)/g,
        `"${chance.pick(['start', 'end'])}":"${chance.pick(dates)}"`,
      ),
  },
  {
    name: 'a date with a reversed span',
    of: (text, chance) => replaced(text, chance, /"end": ?null/g, '"end":"2026-11-19 00:00:00+00:00"'),
  },
  { name: 'a row twice', of: (text, chance) => replaced(text, chance, /^\[/g, `[${firstRow(text)}`) },
  {
    name: 'a deep fact',
    of: (text, chance) =>
      replaced(text, chance, /"(?:metadata|image_meta)": ?\{\}/g, `"metadata":{"a":${nested(20_000)}}`),
  },
  {
    name: 'what only we say of rows',
    of: (text, chance) =>
      replaced(
        text,
        chance,
        /"entity_type":/g,
        `"duplicates":${chance.pick(['"sum"', 'null', '5'])},"entity_type":`,
      ),
  },
  {
    name: 'an error with 200',
    of: (_, chance) => `{"error": ${chance.pick(['"no"', '{}', 'null', '{"start": "no"}'])}}`,
  },
  { name: 'the refusal of a token', status: 401, type: page, of: () => 'Unauthorized' },
  { name: 'a page with 500', status: 500, type: page, of: () => '<h1>Internal Server Error</h1>' },
  { name: 'a page with 200', type: page, of: () => '<html><body>Please wait</body></html>' },
  { name: 'rows with 500', status: 500, of: (text) => text },
];

const fields = [
  'entity_id',
  'entity_type',
  'project_id',
  'start',
  'end',
  'name',
  'flavor',
  'image_meta',
  'metadata',
].concat(...[['volume_type', 'attached_to', 'last_event', 'processed', 'os']]);

function subject(called: string, start: AnswerSubject['start']): AnswerSubject {
  return {
    called,
    room: almanach as unknown as AnswerSubject['room'],
    mapping: livedTime,
    cells: CELLS,
    partition: 'all',
    now: NOW,
    start,
    keyOf: ({ url }) =>
      [url.pathname, url.searchParams.get('start') ?? '', url.searchParams.get('end') ?? ''].join('|'),
    isUsage: (key) => /\/(entities|instances|volumes)\|/.test(key),
    mutations: [...jsonMutations({ amount: 'size', anchor: 'entity_type', fields, array: null }), ...own],
    falsehoodIn,
    unchecked: unchecked as unknown as AnswerSubject['room'],
  };
}

const options: AlmanachOptions = { since: SINCE, lives: 1, now: () => NOW };

/** With its private key, and listings whole; and behind Keystone, whose answers are mutated too, by type. */
export const almanachAnswers: readonly AnswerSubject[] = [
  subject('almanach', async (seed) => {
    const cloud = await startAlmanach({ ...options, seed });
    return { credentials: oneProject(cloud.credentials), close: cloud.close };
  }),
  subject('almanach behind Keystone', async (seed) => {
    const cloud = await startWithKeystone({
      ...options,
      seed,
      dateFormat: 'iso',
      faults: ['unknown-entity-type'],
    });
    return { credentials: oneProject(cloud.credentials), close: cloud.close };
  }),
];

function oneProject(credentials: Readonly<Record<string, unknown>>) {
  const [first] = credentials.project_ids as readonly string[];
  return { ...credentials, project_ids: [first] };
}

function firstRow(text: string): string {
  const rows: unknown = JSON.parse(text);
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return row === undefined ? '' : `${JSON.stringify(row)},`;
}

/** Holds what was delivered against a second, naive reading of what was served. */
function falsehoodIn(metrics: readonly Metric[], counted: number, pages: readonly Served[]): string | null {
  const due = new Map<string, number>();
  let rows = 0;
  const spans = new Map<string, { span: Interval; lives: NaiveLife[] }>();
  for (const page of pages) {
    const read = rowsIn(page);
    if (read === null) return `delivered, although ${page.key} cannot be read`;
    const [, start = '', end = ''] = page.key.split('|');
    const span = { start: Date.parse(`${start}Z`), end: Date.parse(`${end}Z`) };
    const held = spans.get(start) ?? { span, lives: [] };
    held.lives.push(...read.map(lifeOf));
    spans.set(start, held);
  }
  for (const { span, lives } of spans.values()) {
    for (let at = span.start; at < span.end; at += HOUR) {
      const found = piecesIn(lives, { start: at, end: at + HOUR }, at === span.start);
      rows += found.rows;
      for (const piece of found.pieces) due.set(piece, (due.get(piece) ?? 0) + 1);
    }
  }
  for (const { kind, provider_id, time, end, value, attributes } of metrics) {
    const { flavor, volume_type, size } = attributes;
    const piece = JSON.stringify([
      kind,
      provider_id,
      time,
      end,
      flavor ?? null,
      volume_type ?? null,
      size ?? null,
    ]);
    if (Math.round(value * 1000) !== end - time) return `${value} seconds in ${piece}`;
    const left = due.get(piece) ?? 0;
    if (left === 0) return `delivered what no row says: ${piece}`;
    due.set(piece, left - 1);
  }
  const [lost] = [...due].filter(([, left]) => left > 0);
  if (lost) return `not delivered: ${lost[0]}`;
  return counted === rows ? null : `${counted} rows are accounted for, of ${rows}`;
}

function rowsIn(page: Served): unknown[] | null {
  if (page.status !== 200) return null;
  try {
    const body: unknown = JSON.parse(page.text());
    return Array.isArray(body) ? body : null;
  } catch {
    return null;
  }
}
