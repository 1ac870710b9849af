import { refusal } from './refusal.ts';
import type { Row } from './row.ts';
import { listings } from './rows.ts';
import type { Tower } from './tower.ts';
import { matches } from './where.ts';

type Body = Readonly<Record<string, unknown>>;

const known = new Set(['where', 'orderBy', 'skip', 'first', 'last', 'after', 'before']);

/** The rows of one page: a bare array (sheet 2.1). @throws Refusal */
export function page(tower: Tower, operation: string, body: Body): unknown {
  refuseOthers(body);
  if (tower.faults.has('missing-array')) return { rows: [] };
  const rows = matching(tower, operation, body.where);
  const sorted = ordered(rows, body.orderBy);
  const window = tower.faults.has('ignored-cursor') ? sorted : behind(tower, sorted, body.after);
  const skipped = window.slice(Number(body.skip ?? 0));
  const first = wholeOrNull(body.first);
  const last = wholeOrNull(body.last);
  const most = Math.min(first ?? last ?? Number.POSITIVE_INFINITY, tower.settings.maxFirst);
  return last === null ? skipped.slice(0, most) : skipped.slice(-most);
}

/** How many there are, and nothing else (sheet 2.2). */
export function count(tower: Tower, operation: string, body: Body): unknown {
  return { aggregate: { count: matching(tower, operation.replace(/-connection$/, ''), body.where).length } };
}

export function matching(tower: Tower, operation: string, where: unknown): Row[] {
  const rows = listings[operation];
  if (!rows) throw refusal(404, 'Not Found');
  return rows(tower).filter((row) => matches(row, where));
}

/** What happens when the cursor's row is gone is not documented; here nothing is shown then. */
function behind(tower: Tower, rows: readonly Row[], after: unknown): readonly Row[] {
  if (after === undefined || after === null) return rows;
  const at = rows.findIndex(({ id }) => id === after);
  return at < 0 || tower.faults.has('lost-cursor') ? [] : rows.slice(at + 1);
}

function ordered(rows: readonly Row[], orderBy: unknown): readonly Row[] {
  const [, field = 'id', direction = 'ASC'] = /^(.+)_(ASC|DESC)$/.exec(String(orderBy ?? 'id_ASC')) ?? [];
  if (rows[0] && !(field in rows[0]))
    throw refusal(400, 'orderBy should be equal to one of the allowed values');
  const sorted = [...rows].sort((a, b) => compare(a[field], b[field]));
  return direction === 'DESC' ? sorted.reverse() : sorted;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function refuseOthers(body: Body): void {
  if (Object.keys(body).some((key) => !known.has(key)))
    throw refusal(400, 'should NOT have additional properties');
}

function wholeOrNull(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw refusal(400, 'first should be integer');
  return value;
}
