import { type CloudTowerClient, cloudTowerClient } from '../../../functions/cloudtower/client.ts';
import { cloudTowerConfig } from '../../../functions/cloudtower/types.ts';
import type { CloudTowerOptions } from '../../../simulators/cloudtower/options.ts';
import { type CloudTowerSimulator, startCloudTower } from '../../../simulators/cloudtower/server.ts';
import { contextOf, kept, NOW, signal } from '../../support/connected.ts';
import { type Received, startServer } from '../../support/http-server.ts';

export { NOW, signal };

/** A client of a simulator that the test need not close, the planning clock held. */
export async function simulated(
  options: CloudTowerOptions = {},
  config: Record<string, unknown> = {},
): Promise<{ readonly client: CloudTowerClient; readonly tower: CloudTowerSimulator }> {
  const tower = await startCloudTower({ planNow: () => NOW, ...options });
  kept(tower);
  return { client: clientOf({ ...tower.credentials, ...config }), tower };
}

/** What a scripted tower answers; 200 unless said otherwise. A text is sent as it is. */
export type Script = (
  body: Record<string, unknown>,
  call: Call,
) => { readonly status?: number; readonly body: unknown };

export interface Call {
  readonly operation: string;
  readonly body: Record<string, unknown>;
  readonly headers: Received['headers'];
  readonly method: string;
}

/** A server that answers operations by the script; what it does not know is not there. */
export async function scripted(
  answers: Record<string, Script>,
  config: Record<string, unknown> = { username: 'u', password: 'the-password' },
): Promise<{ readonly client: CloudTowerClient; readonly calls: Call[] }> {
  const calls: Call[] = [];
  const server = await startServer((response, { body, headers, method, path }) => {
    const operation = path.replace(/^\/(v2\/)?api\/?/, '') || 'graphql';
    const call = { operation, body: body === '' ? {} : JSON.parse(body), headers, method };
    calls.push(call);
    const login: Script = () => ({ body: { data: { token: 'the-token' }, task_id: null } });
    const script = answers[operation] ?? (operation === 'login' ? login : undefined);
    const answer = script?.(call.body, call) ?? {
      status: 404,
      body: { message: 'Not Found', status: 404, path },
    };
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    response.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      'x-tower-request-id': 'r-1',
    });
    response.end(text);
  });
  kept(server);
  return { client: clientOf({ url: server.url.href, ...config }), calls };
}

export function clientOf(credentials: Record<string, unknown>): CloudTowerClient {
  const config = cloudTowerConfig.parse(credentials);
  return cloudTowerClient(contextOf(config, [config.url]));
}
