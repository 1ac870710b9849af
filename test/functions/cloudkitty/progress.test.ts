import { describe, expect, it } from 'vitest';
import { settledUntil } from '../../../functions/cloudkitty/policy.ts';
import { progressOf } from '../../../functions/cloudkitty/progress.ts';
import type { HttpRequest } from '../../../lib/http.ts';
import { HOUR } from '../../../lib/time.ts';
import { clientOf, simulated } from './connected.ts';
import { recordedCredentials, replaying } from './recorded.ts';

const PROJECT = 'f30750f0a09d4d46a7900232b6616038';
const last = '2026-11-21T00:00:00+00:00';
const scope = { scope_id: PROJECT, scope_key: 'project_id', active: true, last_processed_timestamp: last };
const nothing = { status: 404, body: { message: 'No resource found for provided filters.' } };
const forbidden = { status: 403, body: { message: 'You are not authorized to perform this action' } };
const point = (minutes: number) => ({
  total: 1,
  dataframes: [
    {
      period: { begin: last, end: new Date(Date.parse(last) + minutes * 60_000).toISOString() },
      usage: { x: [{ vol: { qty: 1 }, rating: { price: 1 }, groupby: { id: 'a' }, metadata: {} }] },
    },
  ],
});

interface Said {
  readonly status?: number;
  readonly body: unknown;
}

/** A server with v2 that says this of its scopes, points and tasks. */
function saying(scopes: Said, points: Said = nothing, tasks: Said = { body: { results: [] } }) {
  const answers: Readonly<Record<string, Said>> = {
    '/': { body: { versions: [{ id: 'v1' }, { id: 'v2' }] } },
    '/v2/scope': scopes,
    '/v2/dataframes': points,
    '/v2/task/reprocesses': tasks,
  };
  const answer = ({ url }: HttpRequest) => {
    const { status = 200, body } = answers[url.pathname] ?? forbidden;
    return { status, headers: { 'content-type': 'application/json' }, bodyText: JSON.stringify(body) };
  };
  return clientOf(recordedCredentials, replaying(answer));
}

const results = (...rows: readonly unknown[]): Said => ({ body: { results: rows } });
const at = (text: string) => Date.parse(text);

describe('how far rating has come', () => {
  it.each([
    ['by the period of a point', point(60), at(last) + HOUR],
    ['by a shorter period', point(15), at(last) + HOUR / 4],
    ['one period less where there is no point', nothing.body, at(last)],
  ])('is known %s', async (_, body, until) => {
    const points = body === nothing.body ? nothing : { body };
    await expect(settledUntil(saying(results(scope), points), PROJECT)).resolves.toBe(until);
  });

  it.each([
    ['state, as up to 18', { ...scope, last_processed_timestamp: undefined, state: last }],
    ['another zone', { ...scope, last_processed_timestamp: '2026-11-21T01:00:00+01:00' }],
  ])('is read from %s', async (_, row) => {
    await expect(settledUntil(saying(results(row)), PROJECT)).resolves.toBe(at(last));
  });

  it('is the least of several collectors’, those that still work', async () => {
    const slow = { ...scope, last_processed_timestamp: '2026-11-20T05:00:00Z' };
    const dead = { ...scope, last_processed_timestamp: '2026-01-01T00:00:00Z', active: false };
    const other = { ...dead, scope_id: 'other', active: true };
    await expect(settledUntil(saying(results(scope, slow, dead, other)), PROJECT)).resolves.toBe(
      at('2026-11-20T05:00:00Z'),
    );
  });

  it('says nothing of a scope that is not rated any further', async () => {
    const client = saying(results({ ...scope, active: false }));
    await expect(settledUntil(client, PROJECT)).resolves.toBeNull();
    await expect(progressOf(client, PROJECT)).resolves.toMatchObject({ known: true, active: false });
  });

  it('is nothing at all for a scope that nobody knows', async () => {
    await expect(settledUntil(saying(nothing), PROJECT)).resolves.toBe(0);
  });

  it('may not be asked by a member, and is not told without v2', async () => {
    await expect(settledUntil(saying(forbidden), PROJECT)).resolves.toBeNull();
    const old = await simulated({ storage: 'v1' });
    await expect(settledUntil(clientOf(old.credentials), PROJECT)).resolves.toBeNull();
  });

  it.each([
    ['has not begun', '', at('2026-11-19T10:00:00Z')],
    ['is on its way', '2026-11-19T11:00:00', at('2026-11-19T10:00:00Z')],
    ['is done', '2026-11-19T12:00:00', at(last)],
  ])('ends where a task that %s begins', async (_, current_reprocess_time, until) => {
    const task = {
      scope_id: PROJECT,
      reason: 'prices',
      start_reprocess_time: '2026-11-19T10:00:00',
      end_reprocess_time: '2026-11-19T12:00:00',
      current_reprocess_time,
    };
    const client = saying(results(scope), nothing, results(task, { ...task, scope_id: 'other' }));
    await expect(settledUntil(client, PROJECT)).resolves.toBe(until);
  });

  it('is asked where tasks are not offered yet', async () => {
    const page = { status: 404, body: undefined };
    await expect(settledUntil(saying(results(scope), nothing, page), PROJECT)).resolves.toBe(at(last));
  });

  it.each([
    ['no date', { ...scope, last_processed_timestamp: 'soon' }],
    ['no text', { ...scope, last_processed_timestamp: 7 }],
    ['no scope', { ...scope, scope_id: null }],
    ['no row', 'scope'],
  ])('that cannot be read says so: %s', async (_, row) => {
    await expect(settledUntil(saying(results(row)), PROJECT)).rejects.toMatchObject({
      name: 'MalformedResponse',
    });
  });
});
