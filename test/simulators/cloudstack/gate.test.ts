import { describe, expect, it } from 'vitest';
import { call, cloudStack, NOW } from './caller.ts';

const unverified = 'unable to verify user credentials and/or request signature';
const at = (instant: number) => `${new Date(instant).toISOString().slice(0, 19)}+0000`;

describe('the order of checks', () => {
  it('puts an unknown command first, in an envelope of its own', async () => {
    const cloud = await cloudStack();
    const { status, envelope, body } = await call(cloud, { command: 'listFoo' }, { signed: false });
    expect({ status, envelope, body }).toEqual({
      status: 401,
      envelope: 'errorresponse',
      body: { uuidList: [], errorcode: 401, errortext: unverified },
    });
  });

  it('is strict about the case of a command, and of its key', async () => {
    const cloud = await cloudStack();
    expect((await call(cloud, { command: 'listusers' })).envelope).toBe('errorresponse');
    expect((await call(cloud, { Command: 'listUsers' })).status).toBe(400);
  });

  it.each([
    ['no key', { apikey: undefined, signature: 'x' }, { signed: false }],
    ['no signature', { apikey: 'x' }, { signed: false }],
    ['an expired signature', { signatureversion: '3', expires: at(NOW - 1000) }, {}],
    ['no expiry', { signatureversion: '3' }, {}],
    ['an unknown key', { apikey: 'x' }, {}],
    ['a wrong secret', {}, { secretKey: 'x' }],
  ])('says the same of %s', async (_, parameters, how) => {
    const cloud = await cloudStack();
    const { status, envelope, body, headers } = await call(
      cloud,
      { command: 'listUsers', ...parameters },
      how,
    );
    expect({ status, envelope, body }).toEqual({
      status: 401,
      envelope: 'listusersresponse',
      body: { uuidList: [], errorcode: 401, errortext: unverified },
    });
    expect(headers.get('x-description')).toBeNull();
  });

  it('shows a forbidden command even to a wrong secret', async () => {
    const cloud = await cloudStack({ role: 'user' });
    const { status, body, headers } = await call(cloud, { command: 'listUsageRecords' }, { secretKey: 'x' });
    const text = "The given command 'listUsageRecords' either does not exist, is not available for user.";
    expect({ status, body }).toEqual({
      status: 401,
      body: { uuidList: [], errorcode: 401, cserrorcode: 9999, errortext: text },
    });
    expect(headers.get('x-description')).toBe(text);
  });

  it('checks the signature before the parameters', async () => {
    const cloud = await cloudStack();
    expect((await call(cloud, { command: 'listUsageRecords' }, { secretKey: 'x' })).status).toBe(401);
    expect((await call(cloud, { command: 'listUsageRecords' })).status).toBe(431);
  });

  it('refuses control characters', async () => {
    const cloud = await cloudStack();
    const { status, body } = await call(cloud, { command: 'listUsers', keyword: 'a\nb' });
    expect([status, body.errorcode, body.cserrorcode]).toEqual([431, 431, 4350]);
  });
});

describe('what a role may call', () => {
  it.each([
    [
      'root-admin',
      { listUsageRecords: 431, listUsageServerMetrics: 200, listConfigurations: 200, listUsageTypes: 200 },
    ],
    [
      'domain-admin',
      { listUsageRecords: 431, listUsageServerMetrics: 401, listConfigurations: 401, listUsageTypes: 200 },
    ],
    [
      'user',
      { listUsageRecords: 401, listUsageServerMetrics: 401, listConfigurations: 401, listUsageTypes: 401 },
    ],
  ] as const)('%s', async (role, expected) => {
    const cloud = await cloudStack({ role });
    const statuses: Record<string, number> = {};
    for (const command of Object.keys(expected)) statuses[command] = (await call(cloud, { command })).status;
    expect(statuses).toEqual(expected);
  });

  it('is what listApis lists', async () => {
    const { body } = await call(await cloudStack({ role: 'user' }), { command: 'listApis' });
    const names = (body.api as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['getApiLimit', 'listApis', 'listCapabilities', 'listVirtualMachines']),
    );
    expect(names.filter((name) => /^list(UsageRecords|Hosts|Configurations|Alerts)$/.test(name))).toEqual([]);
  });
});

describe('the rate limit', () => {
  it('counts in a fixed window, and says how long it lasts', async () => {
    let now = NOW;
    const rateLimit = { max: 2, intervalMs: 1000 };
    const cloud = await cloudStack({ role: 'domain-admin', rateLimit, now: () => now });
    const statuses = async () => (await call(cloud, { command: 'listUsers' })).status;
    expect([await statuses(), await statuses()]).toEqual([200, 200]);
    now += 188;
    const { status, envelope, body } = await call(cloud, { command: 'listUsers' }, { secretKey: 'x' });
    expect({ status, envelope, text: body.errortext }).toEqual({
      status: 429,
      envelope: 'listusersresponse',
      text: 'The given user has reached his/her account api limit, please retry after [812] ms.',
    });
    expect(cloud.requests.at(-1)?.retryAfterMs).toBe(812);
    now += 812;
    const limit = await call(cloud, { command: 'getApiLimit' });
    expect(limit.body.apilimit).toMatchObject({ apiIssued: 1, apiAllowed: 1, expireAfter: 1000 });
  });

  it('does not bind a root admin', async () => {
    const cloud = await cloudStack({ rateLimit: { max: 1, intervalMs: 1000 } });
    await call(cloud, { command: 'listUsers' });
    expect((await call(cloud, { command: 'listUsers' })).status).toBe(200);
  });
});
