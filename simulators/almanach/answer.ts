import type { ServerResponse } from 'node:http';
import type { DateFormat } from './dates.ts';
import { pythonJson, sorted } from './python-json.ts';

/** What the server says: JSON, or text of a type of its own (sheet 1.10). */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that ends the work on a request. */
export class Refusal extends Error {
  override readonly name = 'Refusal' as const;
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.body);
    this.answer = answer;
  }
}

const FLASK_TEXT = 'text/html; charset=utf-8';

export function jsonAnswer(value: unknown, format: DateFormat, status = 200): Answer {
  return { status, type: 'application/json', body: pythonJson(format === 'iso' ? value : sorted(value)) };
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: FLASK_TEXT, body: '', headers };
}

/** `{"error": …}` with a text, an object of fields, or nothing. */
export function errorRefusal(status: number, error: unknown): Refusal {
  return new Refusal({ status, type: 'application/json', body: pythonJson({ error: sorted(error) }) });
}

/** The word alone, neither JSON nor a page (sheet 1.2). */
export function unauthorized(): Refusal {
  return new Refusal({ status: 401, type: FLASK_TEXT, body: 'Unauthorized' });
}

const pages = {
  404: [
    'Not Found',
    'The requested URL was not found on the server.',
    'If you entered the URL manually please check your spelling and try again.',
  ],
  405: ['Method Not Allowed', 'The method is not allowed for the requested URL.', ''],
  500: [
    'Internal Server Error',
    'The server encountered an internal error and was unable to complete your request.',
    'Either the server is overloaded or there is an error in the application.',
  ],
} as const;

/** A page of the framework; newer releases write it in HTML 5, with one blank between sentences. */
export function pageRefusal(
  status: keyof typeof pages,
  format: DateFormat,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const [title, first, second] = pages[status];
  const newer = format === 'iso';
  const head = newer
    ? '<!doctype html>\n<html lang=en>'
    : '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">';
  const text = second === '' ? first : `${first}${newer ? ' ' : '  '}${second}`;
  const body = `${head}\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
  return new Refusal({ status, type: newer ? FLASK_TEXT : 'text/html', body, headers });
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'CREATED',
  202: 'ACCEPTED',
  400: 'BAD REQUEST',
  401: 'UNAUTHORIZED',
  404: 'NOT FOUND',
  405: 'METHOD NOT ALLOWED',
  500: 'INTERNAL SERVER ERROR',
};

/** One answer per connection, as HTTP/1.0 has it. @param cut ends the body in its middle @returns the status */
export function sendAnswer(
  response: ServerResponse,
  { status, type, body, headers }: Answer,
  { isHead, cut }: { readonly isHead: boolean; readonly cut: boolean },
): number {
  const sent = cut ? body.slice(0, Math.ceil(body.length / 2)) : body;
  response.writeHead(status, reasons[status], {
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(sent),
  });
  response.end(isHead ? '' : sent);
  return status;
}
