import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProviderUnavailable } from '../../lib/errors.ts';
import { createLog, headline, type LogOptions } from '../../lib/log.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';

const now = Date.UTC(2026, 10, 21);

function logTo(lines: string[], options: Partial<LogOptions> = {}) {
  const redact = createRedactor([secret('canary'), secret('12345678')]);
  return createLog({ write: (line) => lines.push(line), level: 'info', redact, now: () => now, ...options });
}

/** What a line shows of one field. */
function shown(value: unknown): unknown {
  const lines: string[] = [];
  logTo(lines).info('x', { value });
  return JSON.parse(lines.join('')).value;
}

describe('createLog', () => {
  it('writes one line of JSON, the head first', () => {
    const lines: string[] = [];
    logTo(lines, { fields: { account: 'acme' } })
      .with({ resource: 'r-1' })
      .warn('two\nlines', { rows: 3 });
    expect(lines).toEqual([
      '{"time":"2026-11-21T00:00:00Z","level":"warn","message":"two\\nlines","account":"acme","resource":"r-1","rows":3}',
    ]);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s writes %j', (level, written) => {
    const lines: string[] = [];
    const log = logTo(lines, { level });
    for (const one of ['debug', 'info', 'warn', 'error'] as const) log[one](one);
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
  });

  it('lets later fields win over earlier ones, and none over the head', () => {
    const lines: string[] = [];
    logTo(lines, { fields: { a: 1 } })
      .with({ a: 2, level: 'none' })
      .info('m', { time: 0, message: 'other' });
    expect(JSON.parse(lines.join(''))).toEqual({
      time: '2026-11-21T00:00:00Z',
      level: 'info',
      message: 'm',
      a: 2,
    });
  });

  it('keeps the fields of one log from another', () => {
    const lines: string[] = [];
    const log = logTo(lines);
    log.with({ customer: 'a' });
    log.info('x');
    expect(JSON.parse(lines.join(''))).not.toHaveProperty('customer');
  });

  it.each([
    [
      new ProviderUnavailable('was canary', { cause: new Error('canary') }),
      'ProviderUnavailable',
      'PROVIDER_UNAVAILABLE',
    ],
    [new TypeError('was canary'), 'TypeError', undefined],
  ])('shows of an error its name, code and message', (error, name, code) => {
    expect(shown(error)).toEqual({ name, message: 'was <secret>', ...(code ? { code } : {}) });
  });

  it.each([
    [{ list: ['a canary', { deep: 'canary' }] }, { list: ['a <secret>', { deep: '<secret>' }] }],
    [{ canary: 1 }, { '<secret>': 1 }],
    [
      { password: 'undeclared', 'X-Auth-Token': 'undeclared' },
      { password: '<password>', 'X-Auth-Token': '<X-Auth-Token>' },
    ],
    [12345678, '<secret>'],
    [12345678n, '<secret>'],
    [secret('other'), '<secret>'],
    [new URL('https://u:p@cloud.example/api?apikey=k'), 'https://cloud.example/api'],
    [new Map([['canary', 'canary']]), { '<secret>': '<secret>' }],
    [new Set(['canary']), ['<secret>']],
    [Buffer.from('canary'), '<6 bytes>'],
  ])('shows no secret of %o', (value, expected) => expect(shown(value)).toEqual(expected));

  it.each([
    [10n ** 20n, '100000000000000000000'],
    [Number.NaN, 'NaN'],
    [1.5, 1.5],
    [null, null],
    [true, true],
    [() => {}, '<function>'],
    [Symbol('s'), 'Symbol(s)'],
    [new Date(now), '2026-11-21T00:00:00.000Z'],
    [JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"a": 1}}')],
    [[[[[[['deep']]]]]], [[[[['<deep>']]]]]],
    ['x'.repeat(9000), `${'x'.repeat(8192)}… (9000 characters)`],
  ])('writes %o', (value, expected) => expect(shown(value)).toEqual(expected));

  it('names what cannot be read, and shows the rest', () => {
    const refuse = () => {
      throw new Error('no');
    };
    const half = Object.defineProperty({ good: 1 }, 'bad', { enumerable: true, get: refuse });
    const values = [half, { toJSON: refuse }, new Proxy({}, { ownKeys: refuse })];
    expect(values.map(shown)).toEqual([{ good: 1, bad: '<unreadable>' }, '<unreadable>', '<unreadable>']);
  });

  it('writes what goes in circles, and shortens what is long', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle.self = circle;
    expect(shown(circle)).toEqual({ a: 1, self: '<circular>' });
    expect(shown(Array(102).fill(0))).toEqual([...Array(100).fill(0), '<2 more>']);
  });

  it('never throws, and writes one line of JSON whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.anything({ withBigInt: true, withMap: true, withNullPrototype: true }),
        (message, value) => {
          const lines: string[] = [];
          logTo(lines).with({ value }).error(message, { again: value });
          expect(lines).toHaveLength(1);
          expect(lines[0]).not.toMatch(/[\r\n]/);
          expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'error' });
        },
      ),
    );
  });

  it('ends no work when it cannot write', () => {
    const fail = () => {
      throw new Error('EPIPE');
    };
    expect(() => logTo([], { write: fail }).error('x')).not.toThrow();
    expect(() => logTo([], { redact: fail }).with({ a: 'b' }).error('x')).not.toThrow();
    expect(() => logTo([], { now: () => Number.NaN }).error('x')).not.toThrow();
  });
});

describe('headline', () => {
  it('is what the original writes', () => {
    const fields = { customer: 'acme-gmbh', account: 'acme', resource: 7 };
    expect(headline(fields, 'done')).toBe('Target(customer: acme-gmbh, account: acme, resource: 7): done');
    expect(headline({}, 'done')).toBe('Target(customer: -, account: -, resource: -): done');
  });
});
