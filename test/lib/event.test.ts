import { describe, expect, it } from 'vitest';
import { InvalidEvent } from '../../lib/errors.ts';
import { parseEvent } from '../../lib/event.ts';

const event = {
  account_id: 'acme',
  customer_id: 'acme-gmbh',
  user_id: 'u',
  provider: 'cloudstack',
  poll_interval: 900,
  poll_type: 'metrics',
  credentials: { url: 'https://cloud.example/client/api', api_key: '${NOT_RESOLVED}' },
  resource: { id: 'r', provider_id: 'p', region: 'eu', poll_interval: 300 },
  last_update: '2026-11-18T00:00:00.123456+01:00',
  task_id: null,
  something_new: true,
};

describe('parseEvent', () => {
  it("reads the scheduler's event, and tolerates what it does not know", () => {
    expect(parseEvent(event, 'cloudstack')).toEqual({
      accountId: 'acme',
      continuation: null,
      customerId: 'acme-gmbh',
      userId: 'u',
      provider: 'cloudstack',
      pollInterval: 900,
      credentials: event.credentials,
      resource: { id: 'r', pollInterval: 300 },
      lastUpdate: Date.UTC(2026, 10, 17, 23, 0, 0, 123),
      taskId: null,
    });
  });

  it('needs no more than an account and its credentials', () => {
    const minimal = parseEvent({ account_id: 'a', credentials: {} }, 'cloudstack');
    expect(minimal).toMatchObject({
      lastUpdate: null,
      pollInterval: null,
      resource: { id: null },
      provider: null,
    });
  });

  it.each([
    [{ ...event, account_id: undefined }, 'event.account_id'],
    [{ ...event, account_id: '' }, 'event.account_id'],
    [{ ...event, poll_interval: '900' }, 'event.poll_interval'],
    [{ ...event, poll_interval: 0 }, 'event.poll_interval'],
    [{ ...event, resource: { poll_interval: -1 } }, 'event.resource.poll_interval'],
    [{ ...event, credentials: 'secret-text' }, 'event.credentials'],
    [{ ...event, last_update: 'yesterday' }, 'event.last_update'],
    [{ ...event, last_update: 7 }, 'event.last_update'],
    [{ ...event, provider: 'other' }, 'event.provider'],
    [null, 'event'],
    [[], 'event'],
    ['text', 'event'],
  ])('refuses %j at %s', (wrong, path) => {
    expect(() => parseEvent(wrong, 'cloudstack')).toThrow(InvalidEvent);
    expect(() => parseEvent(wrong, 'cloudstack')).toThrow(new RegExp(`^${path.replaceAll('.', '\\.')}: `));
  });

  it('names everything that is wrong at once, and no value', () => {
    const error = () =>
      parseEvent({ account_id: 7, poll_interval: 'secret-text', credentials: [] }, 'cloudstack');
    expect(error).toThrow(/account_id.*poll_interval.*credentials/);
    expect(error).not.toThrow(/secret-text/);
  });
});
