import { type CloudStackClient, cloudStackClient } from '../../../functions/cloudstack/client.ts';
import { cloudStackConfig } from '../../../functions/cloudstack/types.ts';
import type { CloudStackOptions } from '../../../simulators/cloudstack/options.ts';
import { type CloudStackSimulator, startCloudStack } from '../../../simulators/cloudstack/server.ts';
import { contextOf, kept, NOW, signal } from '../../support/connected.ts';
import { startServer } from '../../support/http-server.ts';

export { NOW, signal };

/** A client of a simulator that the test need not close, the planning clock held. */
export async function simulated(
  options: CloudStackOptions = {},
  config: Record<string, unknown> = {},
): Promise<{ readonly client: CloudStackClient; readonly cloud: CloudStackSimulator }> {
  const cloud = await startCloudStack({ planNow: () => NOW, wireNow: Date.now, ...options });
  kept(cloud);
  return { client: clientOf({ ...cloud.credentials, ...config }), cloud };
}

export interface Scripted {
  readonly client: CloudStackClient;
  /** Every call but the question for the release. */
  readonly calls: Record<string, string>[];
}

/** The rows of a page. */
export const page = (rows: readonly unknown[], count = rows.length) => ({ count, row: rows });

/** A server that answers a command with rows or a body; what it does not know is forbidden to the role. */
export async function scripted(
  answers: Record<string, readonly unknown[] | ((parameters: Record<string, string>) => unknown)>,
  config: Record<string, unknown> = {},
  release = '4.20.1.0',
): Promise<Scripted> {
  const calls: Record<string, string>[] = [];
  const server = await startServer((response, { path }) => {
    const all = Object.fromEntries(new URL(path, 'http://x').searchParams);
    const { apikey, signature, signatureversion, expires, response: _, ...parameters } = all;
    const command = parameters.command ?? '';
    const answer =
      command === 'listCapabilities'
        ? () => ({ capability: { cloudstackversion: release } })
        : answers[command];
    if (command !== 'listCapabilities') calls.push(parameters);
    const body = typeof answer === 'function' ? answer(parameters) : answer && page(answer);
    const text = `The given command '${command}' either does not exist, is not available for user.`;
    const inner = body ?? { errorcode: 401, errortext: text };
    response.writeHead(body ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ r: inner }));
  });
  kept(server);
  const url = new URL('/client/api', server.url).href;
  return { client: clientOf({ url, api_key: 'the-key', secret_key: 'the-secret', ...config }), calls };
}

function clientOf(credentials: Record<string, unknown>): CloudStackClient {
  const config = cloudStackConfig.parse(credentials);
  return cloudStackClient(contextOf(config, [config.url]));
}
