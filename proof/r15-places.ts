import type { Random } from '../simulators/random.ts';

/** The name of the account's server in this proof, and the ports: its own, and one that is not. */
export const OWN_NAME = 'cloud.example';
/** Stands for the port of the account's server in the texts below. */
const P = '{port}';

/** What becomes of a call; the code of the refusal is not compared, its kind is. */
export type Expected = 'reached' | 'denied' | 'redirect refused';

/** One way to lead a call somewhere. */
export interface Place {
  readonly what: string;
  /** What the account names as its server; `http://cloud.example:{port}` when absent. */
  readonly account?: string;
  /** What is asked; the account's own server when absent. */
  readonly url?: string;
  /** What the server answers instead of an answer: a redirect to there. */
  readonly location?: string;
  readonly status?: number;
  /** What the host's name leads to, one list for each look-up, the last for all further ones. */
  readonly answers?: readonly (readonly string[])[];
  /** False as on Lambda: this machine itself is out of bounds. */
  readonly loopback?: boolean;
  readonly expected: Expected;
}

/** Addresses of metadata services, IPv4 and IPv6. */
const metadata = ['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192'];
const metadata6 = ['fd00:ec2::254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe', 'fd00:42::42'];
const metadataNames = [
  'metadata',
  'metadata.google.internal',
  'METADATA.google.internal.',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'api.metadata.cloud.ibm.com',
  'instance-data',
  'instance-data.ec2.internal.',
];
const nowhere = [
  '0.0.0.0',
  '0',
  '169.254.1.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[fe80::1]',
  '[ff02::1]',
];
const thisMachine = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::7f00:1]',
];

/** All places of one round; link-local addresses and the forms of numbers are chosen by chance. */
export function placesOf(chance: Random): Place[] {
  const linkLocal = `169.254.${chance.int(1, 254)}.${chance.int(1, 254)}`;
  const numbers = [...metadata, linkLocal].flatMap((address) => [
    ...spellings4(address),
    ...spellings6(address).map((text) => `[${text}]`),
  ]);
  const hosts = [...numbers, ...metadata6.map((text) => `[${text}]`), ...metadataNames, ...nowhere];
  return [
    ...hosts.map((host) => accountAt(host)),
    ...thisMachine.map((host): Place => ({ ...accountAt(host), loopback: false })),
    ...[...metadata, linkLocal, '0.0.0.0', '224.0.0.1'].flatMap(leadingTo),
    ...urls,
    ...redirects(),
    ...changing,
  ];
}

/** An account that names the forbidden place itself. */
function accountAt(host: string): Place {
  return { what: `an account at ${host}`, account: `http://${host}:${P}`, expected: 'denied' };
}

/** A name that leads there: alone, beside a good address, or written as IPv6. */
function leadingTo(address: string): Place[] {
  const lists = [
    [address],
    ['127.0.0.1', address],
    [address, '127.0.0.1'],
    ...spellings6(address).map((text) => [text]),
  ];
  return lists.map((list) => ({
    what: `a name that leads to ${list.join(' and ')}`,
    answers: [list],
    expected: 'denied',
  }));
}

const urls: readonly Place[] = [
  ...[
    `http://${OWN_NAME}:${P}/client/api`,
    `http://CLOUD.Example:${P}/`,
    `http://${OWN_NAME}.:${P}/`,
    `http://${OWN_NAME}:${P}/@127.0.0.2/`,
    `http://${OWN_NAME}:${P}\\@127.0.0.2:${P}/`,
    `http://${OWN_NAME}:${P}/?url=http://127.0.0.2:${P}/`,
    `http://${OWN_NAME}:${P}//127.0.0.2:${P}/`,
    `http://${OWN_NAME}:${P}#@127.0.0.2:${P}/`,
    `http://ｃｌｏｕｄ．ｅｘａｍｐｌｅ:${P}/`,
  ].map((url): Place => ({ what: url, url, expected: 'reached' })),
  ...[
    `http://127.0.0.2:${P}/`,
    `http://127.0.0.2:${P}/${OWN_NAME}`,
    `http://${OWN_NAME}@127.0.0.2:${P}/`,
    `http://${OWN_NAME}:${P}@127.0.0.2:${P}/`,
    `http://user:pass@${OWN_NAME}:${P}/`,
    `http://127.0.0.2:${P}\\@${OWN_NAME}:${P}/`,
    `http://127.0.0.2:${P}#@${OWN_NAME}:${P}/`,
    `http://127.0.0.2:${P}?@${OWN_NAME}:${P}/`,
    `http://${OWN_NAME}%40127.0.0.2:${P}/`,
    `http://${OWN_NAME}.127.0.0.2.nip.example:${P}/`,
    `http://${OWN_NAME}.evil.example:${P}/`,
    `http://evil-${OWN_NAME}:${P}/`,
    `http://api.${OWN_NAME}:${P}/`,
    `http://cloud\t.example.evil.example:${P}/`,
    `http://①②⑦.0.0.2:${P}/`,
    `http://0x7f000002:${P}/`,
    `http://2130706434:${P}/`,
    `http://0177.0.0.2:${P}/`,
    `http://127.2:${P}/`,
    `http://[::ffff:127.0.0.2]:${P}/`,
    `http://[fe80::1%25lo]:${P}/`,
    `http://${OWN_NAME}:1/`,
    `http://${OWN_NAME}/`,
    `https://${OWN_NAME}:${P}/`,
    `ftp://${OWN_NAME}:${P}/`,
    'file:///etc/hostname',
    'data:application/json,{}',
    `//127.0.0.2:${P}/`,
  ].map((url): Place => ({ what: url, url, expected: 'denied' })),
];

function redirects(): Place[] {
  const targets = [
    `http://127.0.0.2:${P}/`,
    `//127.0.0.2:${P}/`,
    `http://${OWN_NAME}@127.0.0.2:${P}/`,
    'http://169.254.169.254/latest/meta-data/',
    `http://${OWN_NAME}:${P}/elsewhere`,
    '/elsewhere',
    `https://${OWN_NAME}:${P}/`,
  ];
  return [301, 302, 303, 307, 308].flatMap((status) =>
    targets.map((location): Place => {
      const what = `a redirect (${status}) to ${location}`;
      return { what, status, location, expected: 'redirect refused' };
    }),
  );
}

/** Names that change their mind between two look-ups. */
const changing: readonly Place[] = [
  ...metadata.map(
    (address): Place => ({
      what: `a name that leads to ${address} from its second look-up on`,
      answers: [['127.0.0.1'], [address]],
      expected: 'reached',
    }),
  ),
  {
    what: 'a name that leads to ::ffff:169.254.169.254 from its second look-up on',
    answers: [['127.0.0.1'], ['::ffff:169.254.169.254']],
    expected: 'reached',
  },
  { what: 'a name that leads to fe80::1%lo', answers: [['fe80::1%lo']], expected: 'denied' },
  {
    what: 'a name that leads to this machine',
    answers: [['127.0.0.1']],
    loopback: false,
    expected: 'denied',
  },
  { what: 'a name that leads to ::1', answers: [['::1']], loopback: false, expected: 'denied' },
];

/** Forms in which URLs take an IPv4 address. */
function spellings4(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const octal = (value: number) => `0${value.toString(8)}`;
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${whole.toString(16)}`,
    octal(whole),
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    [a, b, c, d].map(octal).join('.'),
    `0x${a.toString(16)}.${octal(b)}.${c}.0X${d.toString(16)}`,
  ];
}

/** IPv6 addresses that carry an IPv4 address. */
function spellings6(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const [high, low] = [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
  const [notHigh, notLow] = [a * 256 + b, c * 256 + d].map((group) => (group ^ 0xffff).toString(16));
  return [
    `::ffff:${address}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `::${high}:${low}`,
    `::ffff:0:${high}:${low}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}::1`,
    `2001:0:cb00:7101::${notHigh}:${notLow}`,
    `2001:db8::5efe:${high}:${low}`,
  ];
}
