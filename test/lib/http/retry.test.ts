import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EgressDenied, ProviderUnavailable } from '../../../lib/errors.ts';
import {
  judgeFailure,
  judgeStatus,
  parseHttpDate,
  parseRetryAfter,
  pause,
  waitBefore,
  within,
} from '../../../lib/http/retry.ts';
import { parseInstant } from '../../../lib/time.ts';

const now = parseInstant('2026-11-21T00:00:00Z') ?? Number.NaN;
const url = new URL('https://cloud.example/client/api');
const judge = (status: number, headers = {}) => judgeStatus('GET /client/api', url, { status, headers }, now);

describe('judgeStatus', () => {
  it.each([200, 201, 204, 299])('accepts %i', (status) =>
    expect(judge(status)).toEqual({ action: 'accept' }),
  );

  it.each([408, 425, 500, 502, 503, 504])('retries %i', (status) => {
    const error = { name: 'ProviderUnavailable', code: `HTTP_${status}` };
    expect(judge(status)).toMatchObject({ action: 'retry', error });
  });

  it('retries 429 when the server says', () => {
    expect(judge(429, { 'retry-after': '1.5' })).toMatchObject({
      action: 'retry',
      afterMs: 1500,
      error: { name: 'RateLimited', code: 'RATE_LIMITED', retryAfter: 2 },
    });
    expect(judge(429)).not.toHaveProperty('afterMs');
  });

  it.each([
    [401, 'InvalidCredentials', 'INVALID_CREDENTIALS'],
    [403, 'InsufficientPermission', 'INSUFFICIENT_PERMISSION'],
    [400, 'MalformedResponse', 'HTTP_400'],
    [407, 'MalformedResponse', 'HTTP_407'],
    [431, 'MalformedResponse', 'HTTP_431'],
    [505, 'ProviderUnavailable', 'HTTP_505'],
    [600, 'MalformedResponse', 'HTTP_600'],
    [304, 'MalformedResponse', 'UNEXPECTED_REDIRECT'],
  ])('fails on %i', (status, name, code) => {
    expect(judge(status)).toMatchObject({ action: 'fail', error: { name, code } });
  });

  it.each([
    ['https://user:canary@login.example:8443/sso?token=canary', 'https://login.example:8443'],
    ['/elsewhere?token=canary', 'https://cloud.example'],
    ['http://[canary', 'an unreadable place'],
  ])('shows of a redirect to %s only its origin', (location, shown) => {
    const verdict = judge(302, { location });
    const message = verdict.action === 'fail' ? verdict.error.message : '';
    expect(message).toBe(`GET /client/api: redirects (302) to ${shown} are not followed`);
  });
});

describe('judgeFailure', () => {
  const coded = (code: string) => Object.assign(new Error('canary'), { code, rawPacket: 'canary' });

  it.each([
    ['ECONNREFUSED', 'CONNECTION_REFUSED'],
    ['ECONNRESET', 'CONNECTION_RESET'],
    ['EPIPE', 'CONNECTION_RESET'],
    ['UND_ERR_SOCKET', 'CONNECTION_RESET'],
    ['ETIMEDOUT', 'TIMEOUT'],
    ['UND_ERR_HEADERS_TIMEOUT', 'TIMEOUT'],
    ['EAI_AGAIN', 'DNS_FAILURE'],
    ['ENOTFOUND', 'DNS_FAILURE'],
    ['EHOSTUNREACH', 'UNREACHABLE'],
    ['HPE_INVALID_CONSTANT', 'INVALID_HTTP'],
    ['UND_ERR_INFO', 'INVALID_HTTP'],
    ['Z_BUF_ERROR', 'BODY_DAMAGED'],
    ['ERR__ERROR_FORMAT_PADDING_1', 'BODY_DAMAGED'],
    ['EPROTO', 'TLS_HANDSHAKE'],
    ['EMFILE', 'NO_SOCKET'],
  ])('retries %s as %s, on the error and on its cause', (code, ours) => {
    const expected = { action: 'retry', error: { name: 'ProviderUnavailable', code: ours } };
    expect(judgeFailure('GET /', coded(code))).toMatchObject(expected);
    expect(judgeFailure('GET /', new TypeError('fetch failed', { cause: coded(code) }))).toMatchObject(
      expected,
    );
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_SELF_SIGNED'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_SELF_SIGNED'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_WRONG_HOST'],
    ['CERT_HAS_EXPIRED', 'TLS_EXPIRED'],
    ['CERT_NOT_YET_VALID', 'TLS_NOT_YET_VALID'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_UNKNOWN_CA'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TLS_UNKNOWN_CA'],
    ['CERT_UNTRUSTED', 'TLS_UNKNOWN_CA'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_NOT_SPOKEN'],
  ])('fails on %s as %s', (code, ours) => {
    const expected = { action: 'fail', error: { name: 'InvalidConfig', code: ours } };
    expect(judgeFailure('GET /', coded(code))).toMatchObject(expected);
    expect(judgeFailure('GET /', new Error('wrapped', { cause: coded(code) }))).toMatchObject(expected);
  });

  it('leaves our errors as they are, and defects alone', () => {
    const [passing, lasting] = [new ProviderUnavailable('a'), new EgressDenied('b')];
    expect(judgeFailure('GET /', passing)).toEqual({ action: 'retry', error: passing });
    expect(judgeFailure('GET /', lasting)).toEqual({ action: 'fail', error: lasting });
    for (const defect of [new TypeError('x is undefined'), coded('ERR_ASSERTION'), 'text', null]) {
      expect(judgeFailure('GET /', defect)).toBeNull();
    }
  });

  it('keeps nothing of the original but its code', () => {
    const verdict = judgeFailure('GET /', coded('HPE_INVALID_CONSTANT'));
    const error = verdict?.action === 'retry' ? verdict.error : null;
    expect(JSON.stringify([error?.message, error?.stack, error?.cause, error])).not.toContain('canary');
    expect(error?.cause).toMatchObject({ message: 'HPE_INVALID_CONSTANT' });
  });
});

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 1.0001 ', 1001],
    ['86400', 86_400_000],
    ['Sat, 21 Nov 2026 00:01:00 GMT', 60_000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['Sun Nov  1 00:00:00 2026', 0],
  ])('reads %j', (text, wait) => expect(parseRetryAfter(text, now)).toBe(wait));

  it.each([
    undefined,
    '',
    'soon',
    '-5',
    '1e3',
    '0x10',
    '1,5',
    'NaN',
    '9'.repeat(400),
    'Sat, 31 Nov 2026 00:00:00 GMT',
  ])('ignores %j', (text) => expect(parseRetryAfter(text, now)).toBeNull());

  it('reads every date that JavaScript writes', () => {
    const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
    fc.assert(
      fc.property(
        seconds,
        (instant) => parseHttpDate(new Date(instant * 1000).toUTCString()) === instant * 1000,
      ),
    );
  });

  it('throws at nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => (parseRetryAfter(text, now) ?? 0) >= 0));
  });
});

describe('waitBefore', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('is never shorter than told, and longer by 50 ms and one per cent at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), chance, (told, random) => {
        const wait = waitBefore(1, told, () => random);
        expect(wait).toBeGreaterThanOrEqual(told + 2);
        expect(wait).toBeLessThanOrEqual(told + 50 + told / 100);
      }),
    );
  });

  it('doubles to ten seconds when nothing is told', () => {
    const waits = (random: number) =>
      [1, 2, 3, 6, 7, 99].map((attempt) => waitBefore(attempt, undefined, () => random));
    expect(waits(0)).toEqual([100, 200, 400, 3200, 5000, 5000]);
    expect(waits(0.5)).toEqual([150, 300, 600, 4800, 7500, 7500]);
    expect(waitBefore(2, 0, () => 0)).toBe(200);
  });
});

describe('within', () => {
  const never = () => new Promise<never>(() => {});

  it('gives what the work gives', async () => {
    const { signal } = new AbortController();
    expect(await within({ ms: Number.MAX_VALUE, call: 'GET /', signal }, async () => 7)).toBe(7);
  });

  it('does not wait for work that ignores its signal', async () => {
    const { signal } = new AbortController();
    await expect(within({ ms: 20, call: 'GET /', signal }, never)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('tells the work why it ends', async () => {
    const controller = new AbortController();
    let limit: AbortSignal | undefined;
    const work = within({ ms: 5000, call: 'GET /', signal: controller.signal }, (given) => {
      limit = given;
      return never();
    });
    const reason = new Error('time is up');
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(limit?.reason).toBe(reason);
  });

  it('leaves nothing unheard when the work ends everything and throws at once', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    const controller = new AbortController();
    const thrown = new Error('out of time');
    const work = within({ ms: 5000, call: 'GET /', signal: controller.signal }, () => {
      controller.abort(new Error('time is up'));
      throw thrown;
    });
    await expect(work).rejects.toBe(thrown);
    await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
});

describe('pause', () => {
  it('rejects with the reason, at once', async () => {
    const reason = new Error('time is up');
    const controller = new AbortController();
    const waiting = pause(60_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(pause(60_000, controller.signal)).rejects.toBe(reason);
  });
});
