import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { keyOf } from '../seeded.ts';
import { control, serve } from '../serve.ts';
import type { RequestNote, Simulator } from '../simulator.ts';
import { knownFaults } from '../wire-faults.ts';
import { listing, Refusal, sendObject, sendRefusal, sendXml } from './answers.ts';
import { type FaultName, faults } from './faults.ts';
import { pageOf, type StoredObject, storedObject } from './objects.ts';

export interface S3Options {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** Entries of one page of a listing; AWS has 1000. */
  readonly pageSize?: number;
}

export interface S3Simulator extends Simulator {
  /** For AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; the sink's address. */
  readonly credentials: Readonly<
    Record<'endpoint' | 'accessKeyId' | 'secretAccessKey' | 'region' | 'bucket', string>
  >;
  /** What is kept, by key. */
  readonly objects: ReadonlyMap<string, StoredObject>;
}

const BUCKET = 'usage';

/**
 * A store on 127.0.0.1 with one bucket, `usage`, that speaks as much of S3 as a sink needs: PUT with conditions,
 * checksums and metadata, GET, HEAD, DELETE, COPY and listings. It knows its key id; signatures are not checked.
 * @throws InvalidConfig for an unknown fault
 */
export async function startS3(options: S3Options = {}): Promise<S3Simulator> {
  const { port = 0, seed = 1, pageSize = 1000 } = options;
  const accessKeyId = keyOf(seed, 's3', 'key').slice(0, 20);
  const secretAccessKey = keyOf(seed, 's3', 'secret').slice(0, 40);
  const server: Server = {
    ...{ accessKeyId, pageSize, objects: new Map(), notes: [] },
    faults: knownFaults(faults, options.faults ?? []),
  };
  const setFaults = (names: readonly string[]) => {
    server.faults = knownFaults(faults, names);
  };
  const { origin, close } = await serve(port, (request, body, response) => {
    if (request.url !== '/__simulator') return answer(server, request, body, response);
    const controlled = { requests: server.notes, seed, faults: () => [...server.faults], setFaults };
    return control(request, body, response, controlled);
  });
  return {
    url: origin,
    credentials: { endpoint: origin, accessKeyId, secretAccessKey, region: 'eu-central-1', bucket: BUCKET },
    ...{ seed, setFaults, close, requests: server.notes, objects: server.objects },
  };
}

interface Server {
  faults: ReadonlySet<FaultName>;
  readonly accessKeyId: string;
  readonly pageSize: number;
  readonly objects: Map<string, StoredObject>;
  readonly notes: Note[];
}

type Note = { -readonly [Field in keyof RequestNote]: RequestNote[Field] };

/** A request to a key, or to the bucket when the key is empty. */
interface Asked {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function answer(server: Server, request: IncomingMessage, body: string, response: ServerResponse): void {
  const { method = '', headers } = request;
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const [, bucket = '', ...rest] = pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const note = noteOf(method, key, server.notes.length);
  server.notes.push(note);
  const broken = breaks(server.faults, note);
  try {
    if (broken !== 'reset') {
      admit(server, note, headers.authorization ?? '', bucket);
      const send = obey(server, { method, key, query, headers, body });
      if (broken === null) send(response);
    }
    if (broken !== null) breakConnection(response, note, broken);
    else note.status = response.statusCode;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sendRefusal(response, method, error);
    note.status = error.status;
  }
}

/** The fault by which this request's connection breaks. */
function breaks(active: ReadonlySet<FaultName>, { number, method }: Note): 'reset' | 'lost-answer' | null {
  if (number % 2 === 1) return null;
  if (active.has('reset')) return 'reset';
  return active.has('lost-answer') && method === 'PUT' ? 'lost-answer' : null;
}

function breakConnection(response: ServerResponse, note: Note, fault: FaultName): void {
  note.fault = fault;
  response.socket?.resetAndDestroy();
}

/** @throws Refusal of a fault, of a stranger, or of a bucket that is not there */
function admit(server: Server, note: Note, authorization: string, bucket: string): void {
  const found = refusals.find(({ fault, when }) => server.faults.has(fault) && when(note));
  if (found) {
    note.fault = found.fault;
    throw new Refusal(found.status, found.code);
  }
  if (!authorization.includes(`Credential=${server.accessKeyId}/`))
    throw new Refusal(403, 'InvalidAccessKeyId');
  if (bucket !== BUCKET) throw new Refusal(404, 'NoSuchBucket');
}

const always = () => true;
const everyOther = ({ number }: Note) => number % 2 === 0;
const refusals: readonly {
  readonly fault: FaultName;
  readonly status: number;
  readonly code: string;
  readonly when: (note: Note) => boolean;
}[] = [
  { fault: 'slow-down', status: 503, code: 'SlowDown', when: everyOther },
  { fault: '500', status: 500, code: 'InternalError', when: everyOther },
  { fault: 'unavailable', status: 503, code: 'ServiceUnavailable', when: always },
  { fault: 'access-denied', status: 403, code: 'AccessDenied', when: always },
  {
    ...{ fault: 'read-only', status: 403, code: 'AccessDenied' },
    when: ({ method }) => method === 'PUT' || method === 'DELETE',
  },
  { fault: 'bad-credentials', status: 403, code: 'InvalidAccessKeyId', when: always },
  { fault: 'no-bucket', status: 404, code: 'NoSuchBucket', when: always },
];

/** How a request that was obeyed is answered. */
type Send = (response: ServerResponse) => void;

function obey(server: Server, asked: Asked): Send {
  const { method, key } = asked;
  if (method === 'GET' && key === '') return (response) => list(server, asked, response);
  if (method === 'GET' || method === 'HEAD') {
    const object = server.objects.get(key);
    if (!object) throw new Refusal(404, 'NoSuchKey');
    return (response) => sendObject(response, method, object);
  }
  if (method === 'PUT') return put(server, asked);
  if (method !== 'DELETE') throw new Refusal(405, 'MethodNotAllowed');
  server.objects.delete(key);
  return (response) => response.writeHead(204).end();
}

function list({ objects, pageSize }: Server, { query }: Asked, response: ServerResponse): void {
  const page = pageOf(objects.keys(), {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after: decodeURIComponent(query.get('continuation-token') ?? ''),
    size: pageSize,
  });
  sendXml(response, 200, listing(page));
}

function put(server: Server, { key, headers, body }: Asked): Send {
  if (!server.faults.has('ignores-conditions')) holdConditions(server.objects.get(key), headers);
  const source = headers['x-amz-copy-source'];
  const object = source === undefined ? received(headers, body) : copied(server, String(source));
  server.objects.set(key, object);
  const xml = `<CopyObjectResult><ETag>${object.etag}</ETag></CopyObjectResult>`;
  if (source !== undefined) return (response) => sendXml(response, 200, xml);
  return (response) => response.writeHead(200, { etag: object.etag }).end();
}

/** As AWS: nothing to match is 404, something else is 412. */
function holdConditions(there: StoredObject | undefined, headers: Asked['headers']): void {
  if (headers['if-none-match'] === '*' && there) throw new Refusal(412, 'PreconditionFailed');
  const expected = headers['if-match'];
  if (expected === undefined) return;
  if (!there) throw new Refusal(404, 'NoSuchKey');
  if (there.etag !== expected) throw new Refusal(412, 'PreconditionFailed');
}

function received(headers: Asked['headers'], body: string): StoredObject {
  const checksum = headers['x-amz-checksum-sha256'];
  if (`${headers['content-encoding']}`.includes('aws-chunked')) throw new Refusal(501, 'NotImplemented');
  if (checksum !== undefined && checksum !== createHash('sha256').update(body).digest('base64'))
    throw new Refusal(400, 'BadDigest');
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), String(value)]] : [],
  );
  return storedObject(body, headers['content-type'] ?? '', Object.fromEntries(metadata));
}

function copied({ objects }: Server, source: string): StoredObject {
  const [, ...rest] = decodeURIComponent(source).replace(/^\//, '').split('/');
  const object = objects.get(rest.join('/'));
  if (!object) throw new Refusal(404, 'NoSuchKey');
  return object;
}

function noteOf(method: string, key: string, number: number): Note {
  return {
    ...{ number, method, path: `/${BUCKET}/${key}`, command: method, page: null, parameters: {} },
    ...{ at: Date.now(), status: null, fault: null, retryAfterMs: null },
  };
}
