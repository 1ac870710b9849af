import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EgressDenied } from '../../../lib/errors.ts';
import {
  checkAddress,
  checkedLookup,
  checkUrl,
  createAgents,
  type EgressRules,
} from '../../../lib/http/egress.ts';

const own = (url: string, loopback = true): EgressRules => ({ origins: [new URL(url)], loopback });

/** Why a URL is refused although it is the account's own; null when it is reached. */
function refusal(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(EgressDenied);
    return (error as EgressDenied).code;
  }
}

const ofUrl = (url: string, rules = own(url)) => refusal(() => checkUrl(new URL(url), rules));
const ofAddress = (address: string, loopback = true) =>
  refusal(() => checkAddress(address, 'cloud.example', own('http://cloud.example', loopback)));

describe('checkUrl', () => {
  it.each([
    'https://cloud.example/client/api?command=x',
    'https://cloud.example:443/',
    'https://CLOUD.example./v3',
  ])('reaches %s of the account', (url) => {
    expect(ofUrl(url, own('https://cloud.example'))).toBeNull();
  });

  it.each([
    'http://cloud.example/',
    'https://cloud.example:8443/',
    'https://cloud.example.evil.example/',
    'https://evil.example/cloud.example',
  ])('does not reach %s', (url) => {
    expect(ofUrl(url, own('https://cloud.example'))).toBe('EGRESS_FOREIGN_HOST');
  });

  it.each([
    'http://169.254.169.254/',
    'http://169.254.169.254./',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0xa9.0376.43518/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'http://①⑥⑨.254.169.254/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://[fd00:ec2::254]/',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./',
    'http://instance-data/',
  ])('never reaches the metadata service at %s', (url) => {
    expect(ofUrl(url)).toBe('EGRESS_METADATA_SERVICE');
  });

  it.each([
    ['http://169.254.1.1/', 'EGRESS_LINK_LOCAL'],
    ['http://[fe80::1]/', 'EGRESS_LINK_LOCAL'],
    ['http://0/', 'EGRESS_UNSPECIFIED'],
    ['http://[::]/', 'EGRESS_UNSPECIFIED'],
    ['http://239.1.1.1/', 'EGRESS_MULTICAST'],
    ['http://[ff02::1]/', 'EGRESS_MULTICAST'],
    ['http://255.255.255.255/', 'EGRESS_BROADCAST'],
    ['https://user:pass@cloud.example/', 'EGRESS_USER_INFORMATION'],
    ['https://user@cloud.example/', 'EGRESS_USER_INFORMATION'],
    ['ftp://cloud.example/', 'EGRESS_SCHEME'],
    ['file:///etc/passwd', 'EGRESS_SCHEME'],
  ])('never reaches %s', (url, code) => {
    expect(ofUrl(url)).toBe(code);
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.9.9.9/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://2130706433/',
  ])('reaches %s only where loopback is allowed', (url) => {
    expect([ofUrl(url), ofUrl(url, own(url, false))]).toEqual([null, 'EGRESS_LOOPBACK']);
  });

  it('names the host and the setting, never the user information', () => {
    try {
      checkUrl(new URL('https://user:canary@cloud.example/'), own('https://cloud.example'));
      expect.fail('it was reached');
    } catch (error) {
      const { message, hint } = error as EgressDenied;
      expect(message).toContain('"cloud.example"');
      expect(hint).toContain('Move the user and the password');
      expect(message + hint).not.toContain('canary');
    }
  });
});

describe('checkAddress', () => {
  it.each(['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '203.0.113.9', 'fc00::1', '2001:db8::1'])(
    'lets %s pass: private clouds live there',
    (address) => expect(ofAddress(address)).toBeNull(),
  );

  it.each([
    '::169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '64:ff9b:1:a9:fe:a9fe::',
    '64:ff9b:1::a9:fea9:fe00:0',
    '2002:a9fe:a9fe::1',
    '2001:0:a9fe:a9fe::',
    '2001:0:4136:e378:8000:63bf:5601:5601',
    '2001:db8::5efe:a9fe:a9fe',
    'fd12::200:5efe:a9fe:a9fe',
  ])('finds the metadata service inside %s', (address) => {
    expect(ofAddress(address)).toBe('EGRESS_METADATA_SERVICE');
  });

  it.each([
    '::ffff:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '2002:0a00:0001::1',
    '2001:db8::5efe:a00:1',
  ])('lets %s pass', (address) => expect(ofAddress(address)).toBeNull());

  it('refuses an address with a zone', () => expect(ofAddress('fe80::1%eth0')).toBe('EGRESS_LINK_LOCAL'));

  it('judges an IPv4 address alike in every form that carries it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const high = (a * 256 + b).toString(16);
        const low = (c * 256 + d).toString(16);
        const alone = ofAddress(address, false);
        const forms = [
          `::ffff:${address}`,
          `64:ff9b::${address}`,
          `2002:${high}:${low}::`,
          `fd00::5efe:${high}:${low}`,
        ];
        for (const form of forms) expect(ofAddress(form, false)).toBe(alone);
      }),
    );
  });
});

describe('checkedLookup', () => {
  const answering = (...addresses: string[]) =>
    checkedLookup(own('http://cloud.example'), (_host, options, callback) => {
      expect(options.all).toBe(true);
      callback(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    });
  const look = (lookup: LookupFunction, all: boolean) =>
    new Promise<unknown[]>((resolve) => lookup('cloud.example', { all }, (...answer) => resolve(answer)));

  it('hands on what it checked', async () => {
    expect(await look(answering('10.0.0.1', '2001:db8::1'), false)).toEqual([null, '10.0.0.1', 4]);
    expect(await look(answering('10.0.0.1', '2001:db8::1'), true)).toEqual([
      null,
      [
        { address: '10.0.0.1', family: 4 },
        { address: '2001:db8::1', family: 6 },
      ],
    ]);
  });

  it('refuses a name that mixes', async () => {
    const [error] = await look(answering('10.0.0.1', '::ffff:169.254.169.254'), true);
    expect(error).toBeInstanceOf(EgressDenied);
    expect((error as Error).message).toBe(
      '"cloud.example" leads to ::ffff:169.254.169.254, which is the address of a cloud metadata service and is never reached',
    );
  });

  it('hands on the failure of a lookup', async () => {
    const failed = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    const lookup = checkedLookup(own('http://cloud.example'), (_, __, callback) => callback(failed, []));
    expect((await look(lookup, true))[0]).toBe(failed);
  });

  it('is what the agents of a client resolve with', () => {
    const { http, https } = createAgents(own('http://cloud.example'), { verify: true, ca: 'pem' });
    const [plain, secure] = [http, https].map((agent): unknown => Reflect.get(agent, 'options'));
    expect(plain).toMatchObject({ keepAlive: true, lookup: expect.any(Function) });
    expect(secure).toMatchObject({
      keepAlive: true,
      lookup: expect.any(Function),
      ca: 'pem',
      rejectUnauthorized: true,
    });
  });
});
