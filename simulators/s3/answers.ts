import type { ServerResponse } from 'node:http';
import type { Page, StoredObject } from './objects.ts';

/** An answer other than success, by S3's own code. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

/** An answer to `HEAD` has no body, so that its reader has nothing but the status. */
export function sendRefusal(response: ServerResponse, method: string, { status, code }: Refusal): void {
  if (method === 'HEAD') response.writeHead(status).end();
  else sendXml(response, status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

export function sendObject(response: ServerResponse, method: string, object: StoredObject): void {
  const metadata = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  response.writeHead(200, {
    ...Object.fromEntries(metadata),
    etag: object.etag,
    'content-type': object.type,
    'content-length': Buffer.byteLength(object.body),
  });
  response.end(method === 'HEAD' ? undefined : object.body);
}

export function listing({ keys, folders, next }: Page): string {
  const contents = keys.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`);
  const common = folders.map(
    (folder) => `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`,
  );
  const more =
    next === null ? '' : `<NextContinuationToken>${encodeURIComponent(next)}</NextContinuationToken>`;
  const parts = [`<IsTruncated>${next !== null}</IsTruncated>`, more, ...contents, ...common];
  return `<ListBucketResult>${parts.join('')}</ListBucketResult>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
