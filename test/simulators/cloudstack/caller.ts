import { afterEach } from 'vitest';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { type CloudStackSimulator, startCloudStack } from '../../../simulators/cloudstack/server.ts';
import { type Parameters, signatureOf } from '../../../simulators/cloudstack/signature.ts';

/** A Saturday noon; what lies before has been processed. */
export const NOW = Date.UTC(2026, 10, 21, 12);

const running: CloudStackSimulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

/** A simulator that the test need not close, its clock held. */
export async function cloudStack(options: CloudStackOptions = {}): Promise<CloudStackSimulator> {
  const simulator = await startCloudStack({ now: () => NOW, vms: 4, ...options });
  running.push(simulator);
  return simulator;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Without its envelope; empty when the answer is no JSON. */
  readonly body: Record<string, unknown>;
  readonly envelope: string;
}

export interface Calling {
  readonly hmac?: 'sha1' | 'sha512';
  readonly secretKey?: string;
  readonly post?: boolean;
  /** False sends the parameters as they are. */
  readonly signed?: boolean;
}

/** One call, signed as a careful client does. A parameter given as `undefined` is left out. */
export async function call(
  { url, credentials }: CloudStackSimulator,
  parameters: Readonly<Record<string, string | undefined>>,
  { hmac = 'sha1', secretKey = credentials.secret_key, post = false, signed = true }: Calling = {},
): Promise<Answered> {
  const all = { response: 'json', ...(signed ? { apikey: credentials.api_key } : {}), ...parameters };
  const sent = Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const form = new URLSearchParams(signed ? withSignature(sent, secretKey, hmac) : sent);
  const response = post ? await fetch(url, { method: 'POST', body: form }) : await fetch(`${url}?${form}`);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...unwrapped(text) };
}

function withSignature(
  parameters: Parameters,
  secretKey: string,
  hmac: 'sha1' | 'sha512',
): Record<string, string> {
  return { ...parameters, signature: signatureOf(parameters, secretKey, hmac) };
}

function unwrapped(text: string): Pick<Answered, 'body' | 'envelope'> {
  try {
    const [[envelope, body] = ['', {}]] = Object.entries(
      JSON.parse(text) as Record<string, Answered['body']>,
    );
    return { envelope, body };
  } catch {
    return { envelope: '', body: {} };
  }
}

export type UsageRow = Record<string, unknown> & {
  readonly usagetype: number;
  readonly rawusage: string;
  readonly startdate: string;
  readonly enddate: string;
};

/** All rows of a query, page by page until one is short. */
export async function usage(
  simulator: CloudStackSimulator,
  parameters: Readonly<Record<string, string | undefined>>,
  pageSize = 500,
): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  for (let page = 1; ; page += 1) {
    const asked = {
      command: 'listUsageRecords',
      page: String(page),
      pagesize: String(pageSize),
      ...parameters,
    };
    const { status, body, text } = await call(simulator, asked);
    if (status !== 200) throw new Error(text);
    const found = (body.usagerecord ?? []) as UsageRow[];
    rows.push(...found);
    if (found.length < pageSize) return rows;
  }
}
