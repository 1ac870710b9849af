import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import { InvalidConfig } from './errors.ts';
import { pathSegment } from './files.ts';
import type { HttpRequest, HttpResponse, Transport } from './http.ts';
import { parseJson, scrubBody, scrubForm, scrubHeaders } from './recording/scrub.ts';
import type { Redact } from './redact.ts';

export { replayFrom } from './recording/replay.ts';

/** Listens to a transport. @param redact knows the secret values of the account */
export type Recorder = (transport: Transport, redact: Redact) => Transport;

/** How a recording is called: the name is its file's, too. */
export interface RecordingTitle {
  readonly name: string;
  readonly title: string;
}

/**
 * Keeps every exchange that was answered in one file, in the order of the requests; after each of them the file
 * is whole. No secret reaches the disk. A file of that name is replaced. What differs from run to run though
 * nothing changed is left out (dates of answers, the time they took), so that recordings can be compared.
 * @throws InvalidConfig when the folder cannot be written
 */
export function recordTo(folder: string, recording: RecordingTitle): Recorder {
  const reserve = inOrder(createFile(folder, recording));
  return (transport, redact) => async (request, signal) => {
    const keep = reserve();
    try {
      const response = await transport(request, signal);
      keep(describeExchange(request, response, redact));
      return response;
    } catch (error) {
      keep(null);
      throw error;
    }
  };
}

/** Fits its exchange into the recording; null when there was no answer. */
type Keep = (exchange: unknown) => void;

/** Requests run beside each other: what is answered early waits for those that were sent before. */
function inOrder(append: (exchange: unknown) => void): () => Keep {
  const slots: { exchange: unknown }[] = [];
  return () => {
    const slot = { exchange: undefined as unknown };
    slots.push(slot);
    return (exchange) => {
      slot.exchange ??= exchange;
      while (slots[0] !== undefined && slots[0].exchange !== undefined) {
        const done = slots.shift()?.exchange;
        if (done !== null) append(done);
      }
    };
  };
}

/** Opens the list of exchanges; each one that is appended moves its end. */
function createFile(folder: string, { name, title }: RecordingTitle): (exchange: unknown) => void {
  const path = join(folder, `${pathSegment(name)}.json`);
  const head = printed({ name, title }).replace(/\n\}$/, ',\n "exchanges": [');
  const end = '\n ]\n}\n';
  accessing(folder, () => {
    mkdirSync(folder, { recursive: true });
    rmSync(path, { force: true }); // a file that is there keeps its mode
    writeAt(path, 'wx', 0, head + end);
  });
  let length = Buffer.byteLength(head);
  let separator = '\n';
  return (exchange) => {
    const text = `${separator}${printed(exchange).replace(/^/gm, '  ')}`;
    accessing(folder, () => writeAt(path, 'r+', length, text + end));
    length += Buffer.byteLength(text);
    separator = ',\n';
  };
}

function writeAt(path: string, flags: 'wx' | 'r+', position: number, text: string): void {
  const file = openSync(path, flags, 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, position + done);
  } finally {
    closeSync(file);
  }
}

function accessing(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new InvalidConfig(`The folder ${folder} cannot be written`, {
      code: 'RECORDING_FAILED',
      hint: 'Name a folder for the recording that is writable and has room.',
      cause: error,
    });
  }
}

/** The body is kept decompressed; the others change from answer to answer. */
const leftOut = /^(?:content-(?:encoding|length)|transfer-encoding|connection|keep-alive|date)$/;

function describeExchange(request: HttpRequest, response: HttpResponse, redact: Redact): unknown {
  const { method, url, headers = {} } = request;
  const query = url.search.slice(1);
  const path = `${redact(url.pathname)}${query === '' ? '' : `?${scrubForm(query, redact)}`}`;
  return {
    title: redact(`${method} ${url.pathname}`),
    request: {
      method,
      url: `${url.origin}${path}`,
      path,
      headers: Object.fromEntries(scrubHeaders(headers, redact)),
      ...(request.body === undefined ? {} : { body: scrubBody(request.body, redact) }),
    },
    response: describeResponse(response, redact),
    elapsed_ms: 0,
  };
}

function describeResponse(response: HttpResponse, redact: Redact) {
  const { status, headers } = response;
  const body = scrubBody(response.text(), redact);
  const json = parseJson(body);
  return {
    status,
    reason: STATUS_CODES[status] ?? '',
    headers: scrubHeaders(headers, redact).filter(([name]) => !leftOut.test(name)),
    body,
    ...(json === undefined ? {} : { json }),
  };
}

function printed(value: unknown): string {
  return JSON.stringify(value, null, 1);
}
