import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

/** A request as it arrived. `path` includes the query; `at` is the machine's clock in milliseconds. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** A server on loopback that remembers what it was asked. */
export interface TestServer {
  readonly url: URL;
  readonly requests: readonly Received[];
  /** Connections accepted so far, and those still open. */
  readonly connections: { readonly accepted: number; readonly open: number };
  close(): Promise<void>;
}

/** Answers the request number `index`, from 0. */
export type Answer = (response: http.ServerResponse, request: Received, index: number) => void;

/** Starts a server on a free port, with TLS when it is given a certificate. */
export async function startServer(answer: Answer, tls?: Certificate): Promise<TestServer> {
  const requests: Received[] = [];
  const listener = async (incoming: http.IncomingMessage, response: http.ServerResponse) => {
    const received = await receive(incoming);
    requests.push(received);
    answer(response, received, requests.length - 1);
  };
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  return listen(server, tls ? 'https' : 'http', requests);
}

/** Starts a server that speaks whatever `accept` writes; for answers that no HTTP library would give. */
export async function startRawServer(accept: (socket: net.Socket) => void): Promise<TestServer> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.resume().on('end', () => socket.end()); // else the end of a client would go unnoticed
    accept(socket);
  });
  return listen(server, 'http', []);
}

async function listen(server: net.Server, scheme: string, requests: Received[]): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: new URL(`${scheme}://127.0.0.1:${port}/`),
    requests,
    get connections() {
      return { accepted, open: sockets.size };
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function receive(incoming: http.IncomingMessage): Promise<Received> {
  const at = Date.now();
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = '', url: path = '', headers } = incoming;
  return { method, path, headers, body: Buffer.concat(chunks).toString('utf8'), at };
}

/** A certificate and its key in PEM, as servers take them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface CertificateOptions {
  readonly name: string;
  /** IPv4 addresses that the certificate is for. */
  readonly addresses?: readonly string[];
  readonly issuer?: Certificate & { readonly name: string };
  /** `YYMMDDhhmmssZ`; years to 2049. */
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Makes a certificate, self-signed without an issuer, so that no key and no date of expiry lies in the tree. */
export function createCertificate(options: CertificateOptions): Certificate & { readonly name: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = options.issuer?.name ?? options.name;
  const validity = [options.notBefore ?? '200101000000Z', options.notAfter ?? '491231235959Z'];
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1 + (options.name.length % 100)])),
    ecdsaWithSha256,
    commonName(issuer),
    der(0x30, ...validity.map((time) => der(0x17, Buffer.from(time)))),
    commonName(options.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions(options))),
  );
  const signer: KeyObject | string = options.issuer?.key ?? privateKey;
  const whole = der(0x30, content, ecdsaWithSha256, bits(sign('sha256', content, signer)));
  return { name: options.name, cert: pem('CERTIFICATE', whole), key: keyOf(privateKey) };
}

function extensions({ addresses }: CertificateOptions): Buffer[] {
  if (!addresses) return [extension([0x55, 0x1d, 0x13], der(0x30, der(0x01, Buffer.from([0xff]))))]; // an authority
  const names = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))));
  return [extension([0x55, 0x1d, 0x11], der(0x30, ...names))];
}

const ecdsaWithSha256 = der(0x30, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

function extension(id: readonly number[], value: Buffer): Buffer {
  return der(0x30, oid(id), der(0x04, value));
}

function commonName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid([0x55, 0x04, 0x03]), der(0x0c, Buffer.from(name)))));
}

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function bits(value: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), value]));
}

/** One element of DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function keyOf(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}
