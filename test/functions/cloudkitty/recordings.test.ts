import Big from 'big.js';
import { describe, expect, it } from 'vitest';
import { NOTHING } from '../../../functions/cloudkitty/answer.ts';
import type { CloudKittyClient } from '../../../functions/cloudkitty/client.ts';
import { points, readResources, summaries } from '../../../functions/cloudkitty/listings.ts';
import { normalizeSpend, normalizeUsage, settleSpend } from '../../../functions/cloudkitty/normalize.ts';
import { SyncError } from '../../../lib/errors.ts';
import { clientOf } from './connected.ts';
import { type Recorded, recordedCredentials, recordedGroups, replaying } from './recorded.ts';

const { all, fixtures } = recordedGroups();
/** Keystone's own exchanges are the session's, and what nobody has to log in to proves nothing here. */
const groups = (all.length > 0 ? all : fixtures).filter(({ group }) => !/^(?:00-|42-)/.test(group));

/** Sends what was recorded; twice the same parameter cannot be said, and is not needed. */
function call(
  client: CloudKittyClient,
  { method, path, bodyText }: Recorded['request'],
): Promise<unknown> | null {
  const url = new URL(path, 'http://recorded');
  const pairs = [...url.searchParams];
  const parameters = Object.fromEntries(pairs);
  if (Object.keys(parameters).length < pairs.length) return null;
  const isJson = bodyText !== null && /^[{[]/.test(bodyText) && isParsable(bodyText);
  return client.call({
    method: method as 'GET',
    path: url.pathname,
    parameters,
    ...(isJson ? { body: JSON.parse(bodyText) } : {}),
    ...(method === 'GET' ? {} : { retry: false }),
  });
}

function isParsable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What each answer must come to. */
function expected({ status, bodyText, headers }: Recorded['response']): unknown {
  const text = bodyText ?? '';
  const isJson = /json/.test(headers?.['Content-Type'] ?? '');
  if (status === 0) return 'ProviderUnavailable CONNECTION_RESET';
  if (status >= 500) return `ProviderUnavailable HTTP_${status}`;
  if (status === 401) return 'InvalidCredentials FRESH_TOKEN_REFUSED';
  if (status === 403) return 'InsufficientPermission ROLE_MISSING';
  if (status >= 300 && status < 400) return 'MalformedResponse UNEXPECTED_REDIRECT';
  if (status === 404 && /No resource found for provided filters/.test(text)) return NOTHING;
  if (status >= 400) {
    const codes: Readonly<Record<number, string>> = { 404: 'NOT_FOUND', 405: 'NOT_OFFERED' };
    return `InvalidConfig ${codes[status] ?? 'PARAMETER_REFUSED'}`;
  }
  if (text === '') return NOTHING;
  if (!isJson) return 'ProviderUnavailable NOT_JSON';
  // Two recordings keep no more than the beginning of their answer.
  return isParsable(text) ? JSON.parse(text) : 'MalformedResponse MALFORMED_RESPONSE';
}

/** A body whose numbers became text is the recorded one when their values are. */
function sameBody(got: unknown, recorded: unknown): void {
  if (typeof recorded === 'number') {
    expect(Number(got)).toBe(recorded);
    return;
  }
  if (typeof recorded !== 'object' || recorded === null) {
    expect(got).toEqual(recorded);
    return;
  }
  expect(Object.keys(got as object)).toEqual(Object.keys(recorded));
  for (const [name, value] of Object.entries(recorded))
    sameBody((got as Record<string, unknown>)[name], value);
}

describe.each(groups.map(({ group, exchanges }) => [group, exchanges] as const))('%s', (_, exchanges) => {
  it.each(exchanges.map((one) => [`${one.server}: ${one.name}`, one] as const))(
    '%s',
    async (_name, recorded) => {
      const client = clientOf(
        recordedCredentials,
        replaying(() => recorded.response),
      );
      const asked = call(client, recorded.request);
      if (asked === null) return;
      const outcome = await asked.catch((error: unknown) => {
        if (error instanceof SyncError) return `${error.name} ${error.code}`;
        throw error;
      });
      const wanted = expected(recorded.response);
      if (typeof wanted === 'string' && /^\w+ [A-Z]/.test(wanted)) expect(outcome).toMatch(outcomes(wanted));
      else sameBody(outcome, wanted);
    },
  );
});

/** HTML and nothing to say: no such call here. */
function outcomes(wanted: string): RegExp {
  return new RegExp(`^${wanted.replace(/(NOT_FOUND|NOT_OFFERED)$/, '(?:$1|NO_SUCH_API)')}$`);
}

describe('the rows of all answers', () => {
  const answers = groups.flatMap(({ exchanges }) =>
    exchanges.filter(({ request, response }) => request.method === 'GET' && response.status === 200),
  );

  it('are usage and money, whichever API told them', async () => {
    let usage = 0;
    let money = 0;
    for (const { request, response } of answers) {
      const { pathname } = new URL(request.path, 'http://recorded');
      const client = clientOf(
        recordedCredentials,
        replaying(() => response),
      );
      if (!isParsable(response.bodyText ?? '')) continue;
      if (pathname === '/v2/dataframes' || pathname === '/v1/storage/dataframes') {
        const body = await client.get(pathname);
        const rows =
          pathname === points.path
            ? points.read(pathname, body).rows
            : readResources(pathname, body, new Map());
        usage += rows.flatMap(normalizeUsage).length;
        money += rows.flatMap(normalizeSpend).length;
      } else if (pathname === summaries.path && /groupby=project_id%2Cid%2Ctype/.test(request.path)) {
        money += summaries.read(pathname, await client.get(pathname)).rows.flatMap(normalizeSpend).length;
      }
    }
    expect(usage).toBeGreaterThan(20);
    expect(money).toBeGreaterThanOrEqual(usage);
  });
});

describe.runIf(all.length > 0)('three recorded days of one project', () => {
  const PROJECT = 'f30750f0a09d4d46a7900232b6616038';
  const DAYS = ['2026-11-18', '2026-11-19', '2026-11-20'];

  async function bodyOf(group: string, name: string): Promise<unknown> {
    const exchanges = all.find((one) => one.group === group)?.exchanges ?? [];
    const recorded = exchanges.find((one) => one.name === name);
    if (recorded === undefined) throw new Error(`${group}: ${name} was not recorded`);
    return clientOf(
      recordedCredentials,
      replaying(() => recorded.response),
    ).get('/v1/anything');
  }

  /** What the rows come to, for each day and in all. */
  function totals(rows: readonly unknown[]): Record<string, string> {
    const records = rows.flatMap(normalizeSpend);
    const dayOf = ({ period }: (typeof records)[number]) => new Date(period.start).toISOString().slice(0, 10);
    const sumOf = (some: typeof records) =>
      settleSpend(some)
        .records.reduce((sum, { amount }) => sum.plus(amount), new Big(0))
        .toFixed();
    const days = [...new Set(records.map(dayOf))].sort();
    const byDay = days.map((day) => [day, sumOf(records.filter((record) => dayOf(record) === day))]);
    return { ...Object.fromEntries(byDay), all: sumOf(records) };
  }

  it('cost the same by points of v2, points of v1 and the summary', async () => {
    const day = '7.2431111072304';
    const whole = { ...Object.fromEntries(DAYS.map((name) => [name, day])), all: '21.7293333216912' };
    const v2 = points.read('', await bodyOf('32-v2-dataframes-get', 'limit=1000 over 72h')).rows;
    expect(v2).toHaveLength(583);
    expect(totals(v2)).toEqual(whole);
    const v1 = await bodyOf('15-v1-storage-dataframes-v2storage', 'alice 72h, all types');
    expect(totals(readResources('', v1, new Map()))).toEqual(whole);
    const summed = summaries.read('', await bodyOf('30-v2-summary', 'groupby id,type')).rows;
    const owned = summed.map((row) => ({ ...(row as object), project_id: PROJECT }));
    expect(totals(owned).all).toBe(whole.all);
  });

  it('cost the same to the sixth digit where v1 storage keeps prices in single precision', async () => {
    const v1 = await bodyOf('15-v1-storage-dataframes-v1storage', 'alice 72h, all types');
    expect(totals(readResources('', v1, new Map()))).toMatchObject({
      [DAYS[0] ?? '']: '7.243111156',
      all: '21.729333468',
    });
  });
});
