import { type AlmanachClient, almanachClient } from '../../../functions/almanach/client.ts';
import { provider } from '../../../functions/almanach/index.ts';
import { almanachConfig } from '../../../functions/almanach/types.ts';
import type { Transport } from '../../../lib/http.ts';
import { contextOf, kept, NOW, signal } from '../../support/connected.ts';
import { type Answer, startServer, type TestServer } from '../../support/http-server.ts';

export { NOW, signal };

/** What a scripted server answers: JSON, or a page when it is text. */
export interface Scripted {
  readonly status?: number;
  readonly body: unknown;
}

/** A client of a server that answers by `METHOD /path`, and a page where it knows nothing. */
export async function scripted(
  script: (call: string, query: URLSearchParams, token: string | undefined) => Scripted | null,
  config: Record<string, unknown> = {},
): Promise<{ readonly client: AlmanachClient; readonly server: TestServer }> {
  const answer: Answer = (response, { method, path, headers }) => {
    const url = new URL(path, 'http://almanach');
    const token = headers['x-auth-token'];
    const found = script(
      `${method} ${url.pathname}`,
      url.searchParams,
      token === undefined ? token : String(token),
    );
    const { status = 200, body } = found ?? { status: 404, body: '<title>404 Not Found</title>' };
    const isPage = typeof body === 'string';
    response.writeHead(status, { 'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json' });
    response.end(isPage ? body : JSON.stringify(body));
  };
  const server = await startServer(answer);
  kept(server);
  return {
    client: clientOf({ url: server.url.href, token: 'the-key', project_ids: ['p'], ...config }),
    server,
  };
}

/** A client in the account's name; a transport stands for the network. */
export function clientOf(credentials: Record<string, unknown>, transport?: Transport): AlmanachClient {
  const config = almanachConfig.strict().parse(credentials);
  return almanachClient(contextOf(config, provider.origins(config), transport ? { transport } : {}));
}
