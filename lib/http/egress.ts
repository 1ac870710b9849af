import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { EgressDenied } from '../errors.ts';
import { type ProxyFor, throughProxies } from './proxy.ts';

/** Where connections may go. */
export interface EgressRules {
  /** The account's own servers: scheme, host and port must equal one of these. */
  readonly origins: readonly URL[];
  /** Whether an account's host may be this machine. On Lambda it may not: the runtime API listens there. */
  readonly loopback: boolean;
}

/** Resolves a name to all its addresses; `dns.lookup` in life. */
export type Resolve = (
  host: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

/**
 * Checks a URL before anything is sent. Pure. An address that stands in the URL is checked here, since no name
 * is looked up for it.
 * @throws EgressDenied
 */
export function checkUrl(url: URL, rules: EgressRules): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw denied(`A URL with the scheme "${url.protocol}" is not reached; only http and https are`, 'SCHEME');
  }
  const host = hostOf(url);
  if (url.username !== '' || url.password !== '') {
    throw denied(
      `The URL of "${host}" carries user information, which would reach logs`,
      'USER_INFORMATION',
      {
        hint: "Move the user and the password from the URL to the account's other credentials.",
      },
    );
  }
  if (metadataNames.has(host)) throw denied(`"${host}" names a cloud metadata service`, 'METADATA_SERVICE');
  if (isIP(host)) checkAddress(host, host, rules);
  if (!rules.origins.some((origin) => sameServer(origin, url))) {
    throw denied(
      `"${url.protocol}//${host}:${portOf(url)}" is not a server that the account names`,
      'FOREIGN_HOST',
    );
  }
}

/**
 * Checks an IP address that `host` stands for. Pure. Private ranges pass: private clouds live there.
 * @throws EgressDenied for addresses that no cloud's API has, also inside IPv6 forms that carry an IPv4 address
 */
export function checkAddress(address: string, host: string, rules: EgressRules): void {
  const shown = address === host ? `The address ${address}` : `"${host}" leads to ${address}, which`;
  for (const candidate of [address, ...embedded(address)]) {
    const why = forbidden.find(({ list }) => contains(list, candidate));
    if (why) throw denied(`${shown} is ${why.what} and is never reached`, why.code);
    if (!rules.loopback && contains(loopback, candidate)) {
      throw denied(`${shown} is this machine, which is not reached from here`, 'LOOPBACK');
    }
  }
}

/**
 * The lookup of an agent. The connection is made to the very addresses that were checked, so a name that changes
 * its mind gains nothing. A name that mixes forbidden and other addresses is refused whole.
 */
export function checkedLookup(rules: EgressRules, resolve: Resolve = dns.lookup): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const refusal = error ?? firstRefusal(addresses, host, rules);
      const [first] = addresses ?? [];
      if (refusal) callback(refusal, '');
      else if (options.all) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family);
    });
  };
}

/** Sockets of one client, by scheme. Each connects to addresses that were checked. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Makes the agents of one client; certificates are verified against `ca` where one is given. Behind a proxy it is
 * the proxy that looks names up: their addresses cannot be checked here, only what the account's URL says.
 */
export function createAgents(
  rules: EgressRules,
  tls: { readonly ca?: string; readonly verify: boolean },
  resolve?: Resolve,
  proxyFor: ProxyFor = () => null,
): Agents {
  const shared = { keepAlive: true, lookup: checkedLookup(rules, resolve) };
  const ca = tls.ca === undefined ? {} : { ca: tls.ca };
  const agents = {
    http: new http.Agent(shared),
    https: new https.Agent({ ...shared, ...ca, rejectUnauthorized: tls.verify }),
  };
  for (const agent of Object.values(agents)) throughProxies(agent, proxyFor);
  return agents;
}

function firstRefusal(addresses: readonly dns.LookupAddress[], host: string, rules: EgressRules) {
  try {
    for (const { address } of addresses) checkAddress(address, host, rules);
    return null;
  } catch (error) {
    return error as EgressDenied;
  }
}

function denied(message: string, code: string, details: { readonly hint?: string } = {}): EgressDenied {
  return new EgressDenied(message, {
    code: `EGRESS_${code}`,
    hint: "Set the account's `url` (or `auth_url`) to its provider's own address; nothing else is reached.",
    ...details,
  });
}

/** Without the brackets of IPv6 and the dot of a name that ends at the root. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

function sameServer(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && hostOf(a) === hostOf(b) && portOf(a) === portOf(b);
}

const metadataNames: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.oraclecloud.com',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'api.metadata.cloud.ibm.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

const loopback = blockList('127.0.0.0/8', '::1/128');

const forbidden = [
  {
    code: 'METADATA_SERVICE',
    what: 'the address of a cloud metadata service',
    list: blockList(
      ...[
        '169.254.169.254/32',
        '169.254.170.2/32',
        '100.100.100.200/32',
        '168.63.129.16/32',
        '192.0.0.192/32',
      ],
      ...['fd00:ec2::/32', 'fd20:ce::254/128', 'fd00:c1::a9fe:a9fe/128', 'fd00:42::42/128'],
    ),
  },
  {
    code: 'LINK_LOCAL',
    what: 'link-local (metadata services live there)',
    list: blockList('169.254.0.0/16', 'fe80::/10'),
  },
  { code: 'UNSPECIFIED', what: 'no address of one machine', list: blockList('0.0.0.0/8', '::/128') },
  { code: 'MULTICAST', what: 'a multicast address', list: blockList('224.0.0.0/4', 'ff00::/8') },
  { code: 'BROADCAST', what: 'the broadcast address', list: blockList('255.255.255.255/32') },
] as const;

function blockList(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  return list.check(bare, bare.includes(':') ? 'ipv6' : 'ipv4');
}

/** The IPv4 addresses that an IPv6 address carries: networks translate or tunnel these to them. */
function embedded(address: string): string[] {
  if (!address.includes(':')) return [];
  const groups = groupsOf(address);
  const starts = (...prefix: readonly number[]) => prefix.every((group, index) => groups[index] === group);
  const at = (group: number) => ipv4(groups[group] ?? 0, groups[group + 1] ?? 0);
  const found: string[] = [];
  // ::a.b.c.d, but not :: and ::1; ::ffff:a.b.c.d and ::ffff:0:a.b.c.d; NAT64 with the well-known prefix
  if (starts(0, 0, 0, 0, 0, 0) && (groups[6] || (groups[7] ?? 0) > 1)) found.push(at(6));
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0xffff, 0)) found.push(at(6));
  if (starts(0x64, 0xff9b, 0, 0, 0, 0)) found.push(at(6));
  if (starts(0x64, 0xff9b, 1)) found.push(...nat64(groups), at(6));
  if (starts(0x2002)) found.push(at(1)); // 6to4
  if (starts(0x2001, 0)) found.push(at(2), ipv4(~(groups[6] ?? 0) & 0xffff, ~(groups[7] ?? 0) & 0xffff)); // Teredo
  if ([0, 0x200].includes(groups[4] ?? -1) && groups[5] === 0x5efe) found.push(at(6)); // ISATAP
  return found;
}

/**
 * NAT64 of a local network, RFC 6052: the address follows a prefix of 48, 56 or 64 bits and skips bits 64–71.
 * Which of them holds is not known here; a reading that begins with zero is none.
 */
function nat64(groups: readonly number[]): string[] {
  const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
  const local = [...bytes.slice(0, 8), ...bytes.slice(9)];
  return [6, 7, 8]
    .filter((start) => local[start] !== 0)
    .map((start) => local.slice(start, start + 4).join('.'));
}

function ipv4(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups; a URL writes an address in its one shortest form, whatever form it came in. */
function groupsOf(address: string): number[] {
  const text = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = text
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
