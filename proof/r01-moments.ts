import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import type { Deed, Moment, When } from './r01-round.ts';

/** Told of each step of each deed; @returns whether this is the moment to die. */
export type Reached = (deed: Deed | null, when: When) => boolean;

/** Counts to the moment. */
export function counting(moment: Moment | null): Reached {
  let left = moment?.nth ?? 0;
  return (deed, when) => {
    if (moment === null || deed !== moment.deed || when !== moment.when) return false;
    left -= 1;
    return left === 0;
  };
}

/** Not by a signal that could be caught: nothing of this process runs any more, no `finally` either. */
export function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Sees every file on its way into its place: all of them are written under another name and renamed. */
export function watchFiles(reached: Reached): void {
  const { open, rename, writeFile } = fs;
  const halved = async (
    deed: Deed | null,
    data: string | Buffer,
    write: (data: string | Buffer) => Promise<void>,
  ) => {
    if (!reached(deed, 'half')) return write(data);
    await write(data.slice(0, data.length / 2));
    die();
  };
  Object.assign(fs, {
    async rename(from: string, to: string) {
      const deed = deedOf(to);
      if (reached(deed, 'before')) die();
      await rename(from, to);
      if (reached(deed, 'after')) die();
    },
    async open(path: string, ...how: string[]) {
      const file = await open(path, ...how);
      const write = file.writeFile.bind(file);
      return Object.assign(file, {
        writeFile: (data: string | Buffer) => halved(deedOf(path), data, write),
      });
    },
    writeFile: (path: string, data: string, options: object) =>
      halved(deedOf(path), data, (part) => writeFile(path, part, options)),
  });
  syncBuiltinESMExports();
}

/** A request of the SDK, as far as it matters here. */
interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

interface Handler {
  handle(request: Request, options?: object): Promise<unknown>;
}

/** Sees every request that changes something: not sent yet, half-sent, and obeyed when no answer was read. */
export function watchRequests(
  client: { readonly config: { readonly requestHandler: object } },
  reached: Reached,
): void {
  const handler = client.config.requestHandler as Handler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    const deed = requestedBy(request);
    if (reached(deed, 'before')) die();
    if (reached(deed, 'half')) request.body = Readable.from(halfOf(bytesOf(request.body)));
    const answer = await handle(request, options);
    if (reached(deed, 'after')) die();
    return answer;
  };
}

/** The SDK's own bytes play at being a text, and warn who asks them as one. */
function bytesOf(body: unknown): Buffer {
  if (!(body instanceof Uint8Array)) return Buffer.from(String(body));
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

async function* halfOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body.subarray(0, body.length / 2);
  await new Promise((resolve) => setTimeout(resolve, 5)); // on its way
  die();
}

function requestedBy({ body, headers, method, path }: Request): Deed | null {
  const target = headers['x-amz-target'] ?? '';
  if (target.endsWith('.UpdateItem')) return 'lease';
  if (target.endsWith('.PutItem')) return bytesOf(body).includes('attribute_not_exists') ? 'lease' : 'state';
  return method === 'PUT' ? deedOf(path) : null;
}

const places: readonly (readonly [RegExp, Deed])[] = [
  [/\/metrics\/acme\/all\/[^/]*ndjson/, 'cell'],
  [/\/manifest\/metrics\//, 'part'],
  [/\/manifest\.json/, 'manifest'],
  [/\/all\.json[^/]*$/, 'state'],
  [/\.lease\//, 'lease'],
];

function deedOf(path: string): Deed | null {
  return places.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}
