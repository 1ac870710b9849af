import type { ServerResponse } from 'node:http';
import { versionOf } from './commands.ts';
import type { Settings } from './options.ts';
import { type Refusal, refusalBody } from './refusal.ts';
import type { Body } from './usage-commands.ts';

/** How an answer is to be written: XML unless `response=json` was spelled exactly so (sheet 1.1). */
export interface Form {
  readonly json: boolean;
  readonly command: string | undefined;
  readonly dateFormat: Settings['dateFormat'];
}

/** Sends a body in its envelope. @param cut ends it in its middle @returns the status */
export function sendBody(
  response: ServerResponse,
  form: Form,
  body: Body | { readonly json: string },
  cut = false,
): number {
  return send(response, form, envelopeOf(form.command), 200, body, cut);
}

/** Sends an error; its code is the HTTP status (sheet 4.1). @returns the status */
export function sendRefusal(response: ServerResponse, form: Form, refusal: Refusal, cut = false): number {
  if (refusal.cserrorcode !== null) response.setHeader('X-Description', refusal.message);
  const envelope = refusal.unknownCommand ? 'errorresponse' : envelopeOf(form.command);
  return send(response, form, envelope, refusal.code, refusalBody(refusal), cut);
}

function send(
  response: ServerResponse,
  { json, dateFormat }: Form,
  envelope: string,
  status: number,
  body: Body | { readonly json: string },
  cut: boolean,
): number {
  const text = json ? `{"${envelope}":${jsonOf(body)}}` : xmlDocument(envelope, body, dateFormat);
  const jsonType = dateFormat === 'quoted' ? 'text/javascript' : 'application/json';
  response.writeHead(status, { 'content-type': `${json ? jsonType : 'text/xml'}; charset=UTF-8` });
  response.end(cut ? text.slice(0, Math.ceil(text.length / 2)) : text);
  return status;
}

function jsonOf(body: Body | { readonly json: string }): string {
  return typeof body.json === 'string' ? body.json : JSON.stringify(body);
}

function envelopeOf(command: string | undefined): string {
  return `${(command ?? 'error').toLowerCase()}response`;
}

function xmlDocument(envelope: string, body: Body, dateFormat: Settings['dateFormat']): string {
  const version = versionOf(dateFormat);
  return `<?xml version="1.0" encoding="UTF-8"?><${envelope} cloud-stack-version="${version}">${xmlOf(body)}</${envelope}>`;
}

function xmlOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return xmlText(String(value));
  return Object.entries(value)
    .flatMap(([name, inner]) =>
      (Array.isArray(inner) ? inner : [inner]).map((one) => `<${name}>${xmlOf(one)}</${name}>`),
    )
    .join('');
}

function xmlText(text: string): string {
  return text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}
