import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concealer, createRedactor, isSecretName, redactError } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';

const redactorOf = (...values: string[]) => createRedactor(values.map(secret));
const html = (text: string) =>
  text.replace(
    /[&<>"']/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? '&#39;',
  );
const base64 = (text: string) => Buffer.from(text).toString('base64');
const lowerHex = (text: string) => text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());

/** The forms that a secret travels in. */
const forms: Readonly<Record<string, (value: string) => string>> = {
  raw: (value) => value,
  'in a query with +': (value) => new URLSearchParams({ q: value }).toString().slice(2),
  'in a query with %20': (value) => encodeURIComponent(value),
  'in a query in lower case': (value) => lowerHex(encodeURIComponent(value)),
  'encoded twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  'in JSON': (value) => JSON.stringify(value).slice(1, -1),
  'in JSON in JSON': (value) => JSON.stringify(JSON.stringify(value)).slice(3, -3),
  'in HTML': html,
  'in hex': (value) => Buffer.from(value).toString('hex'),
  'in upper hex': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  'in base64': base64,
  'in base64 after one byte': (value) => base64(`a${value}`),
  'in base64 after two bytes, before one': (value) => base64(`ab${value}c`),
  'in url-safe base64': (value) => Buffer.from(`user:${value}`).toString('base64url'),
  'in base64 in a query': (value) => encodeURIComponent(base64(`user:${value}`)),
};

const value = fc
  .oneof(fc.string({ minLength: 6, maxLength: 40, unit: 'binary' }), fc.base64String({ minLength: 8 }))
  .filter((text) => !/^[<secrt>\s]*$/.test(text));

describe('createRedactor', () => {
  it.each(Object.entries(forms))('finds a secret %s', (_, form) => {
    fc.assert(
      fc.property(value, (text) => {
        const shown = redactorOf(text)(`before ${form(text)} after`);
        expect(shown).not.toContain(form(text));
        expect(shown).toMatch(/^before .*<secret>.* after$/s);
      }),
    );
  });

  it.each(Object.entries(forms))('replaces the whole of a secret %s', (_, form) => {
    const text = 'c4n/rÿ+ "&\\ key=\u{1f511}\n';
    const shown = redactorOf(text)(`(${form(text)})`);
    expect(shown).toMatch(/^\([\w:=%]{0,8}<secret>[\w=%]{0,8}\)$/);
  });

  it('takes the characters of base64 that share their bits with a secret', () => {
    expect(redactorOf('canary')(`Basic ${base64('u:canary!')}.`)).toBe('Basic dT<secret>h.');
  });

  it('leaves nothing of secrets that overlap or repeat', () => {
    const redact = redactorOf('abcdef', 'defghi', 'zzzz');
    expect(redact('-abcdefghi- zzzzzz abcdef')).toBe('-<secret>- <secret> <secret>');
  });

  it('replaces short secrets as whole words only, and empty ones not at all', () => {
    const redact = redactorOf('pw', '', 'a.b');
    expect(redact('pw spawned "pw" xpw a.b aXb')).toBe('<secret> spawned "<secret>" xpw <secret> aXb');
  });

  it('changes nothing else', () => {
    const text =
      'GET /client/api: 500 rows of signatures, tokenised; Passwords: see above. https://cloud.example/a@b';
    expect(redactorOf('canary')(text)).toBe(text);
  });

  it.each([
    [
      'GET /api?apikey=k1&command=list&signature=a%2Bb%3D',
      'GET /api?apikey=<apikey>&command=list&signature=<signature>',
    ],
    ['api_key: k1, secretKey = k2;', 'api_key: <api_key>, secretKey = <secretKey>;'],
    ['X-Auth-Token: gAAA-x_y\r\nAccept: */*', 'X-Auth-Token: <X-Auth-Token>\r\nAccept: */*'],
    ['Authorization: Digest a="x", b="y"\nHost: z', 'Authorization: <Authorization>\nHost: z'],
    ["{ Authorization: 'Basic eHg=', Host: 'z' }", "{ Authorization: '<Authorization>', Host: 'z' }"],
    ['Set-Cookie: JSESSIONID=abc; Path=/', 'Set-Cookie: <Set-Cookie>'],
    ['{"password": "a\\"b", "user": "c"}', '{"password": "<password>", "user": "c"}'],
    [
      '"{\\"password\\": \\"a\\\\\\"b\\", \\"user\\": 1}"',
      '"{\\"password\\": \\"<password>\\", \\"user\\": 1}"',
    ],
    ['{"password": "cut off', '{"password": "<password>"'],
    ['adminPassword=x session_token=y', 'adminPassword=<adminPassword> session_token=<session_token>'],
    ['next=%2Fapi%3Fapikey%3Dk1%26page%3D2', 'next=%2Fapi%3Fapikey%3D<apikey>%26page%3D2'],
    ['at https://user:pass@cloud.example/x', 'at https://<userinfo>@cloud.example/x'],
  ])('replaces values by their names: %s', (text, shown) => {
    const redact = redactorOf();
    expect(redact(text)).toBe(shown);
    expect(redact(shown)).toBe(shown);
  });

  it('stays fast on hostile text', () => {
    const redact = redactorOf('canary-with-length', 'an%other"one');
    const texts = ['password="', '\\"', 'token:', '%25', '://a', 'x-auth-', ' '].map((text) =>
      text.repeat(20_000),
    );
    const start = performance.now();
    for (const text of texts) redact(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('redactError', () => {
  it('redacts an error and its causes where they stand', () => {
    const cause = Object.assign(new Error('inner canary'), { code: 'KEPT' });
    const error = Object.assign(new TypeError('outer canary', { cause }), { hint: 'not canary' });
    const same = redactError(error, redactorOf('canary'));
    expect(same).toBe(error);
    expect([error.message, error.hint, cause.message, cause.code]).toEqual([
      'outer <secret>',
      'not <secret>',
      'inner <secret>',
      'KEPT',
    ]);
    expect(`${error.stack}${cause.stack}`).not.toContain('canary');
    expect(Object.keys(error)).toEqual(['hint']);
  });

  it('leaves alone what is no error, and ends with causes that do not', () => {
    const error = new Error('x');
    error.cause = error;
    expect(redactError(error, redactorOf())).toBe(error);
    expect(redactError('canary', redactorOf('canary'))).toBe('canary');
  });

  it('redacts an exception of the platform', () => {
    const error = redactError(new DOMException('a canary'), redactorOf('canary')) as DOMException;
    expect(error.message).toBe('a <secret>');
  });
});

describe('concealer', () => {
  it('also redacts what it is told later', () => {
    const { conceal, redact } = concealer([secret('canary')]);
    expect(redact('canary, finch')).toBe('<secret>, finch');
    conceal(secret('finch'));
    expect(redact('canary, finch')).toBe('<secret>, <secret>');
  });
});

describe('isSecretName', () => {
  it('knows names, not words that contain them', () => {
    const known = ['apiKey', 'secret_key', 'X-Auth-Token', 'password', 'authorization', 'Cookie', 'token'];
    expect(known.filter(isSecretName)).toEqual(known);
    expect(['tokens', 'keys', 'account', 'cookies', 'secretary'].filter(isSecretName)).toEqual([]);
  });
});
