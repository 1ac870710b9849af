import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatchAccounts } from '../functions/dispatch/dispatch.ts';
import { listAccounts } from '../lib/accounts/list.ts';
import { accountLines } from '../lib/accounts/source.ts';
import { lambdaInvoker } from '../lib/aws/lambda.ts';
import { deadlineWithin } from '../lib/deadline.ts';
import { eventState } from '../lib/state/event.ts';
import { serve } from '../simulators/serve.ts';
import { firstLine, measured, say, startRole, type Used } from './processes.ts';

/** What a dispatching process is told. */
interface Dispatching {
  readonly file: string;
  readonly accounts: number;
}

/** Dispatches so many accounts from a file, all of them due, in a process of its own. */
export async function dispatchTimes(accounts: number): Promise<Used> {
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-bench-'));
  const server = startRole('accept', {});
  try {
    const { url } = await firstLine<{ url: string }>(server);
    const file = join(folder, 'accounts.yaml');
    const lines = Array.from({ length: accounts }, (_, number) => accountLine(number));
    writeFileSync(file, `accounts:\n${lines.join('\n')}\n`);
    const env = {
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    return await firstLine<Used>(startRole('dispatch', { file, accounts } satisfies Dispatching, env));
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

function accountLine(number: number): string {
  const url = `https://cloud${number % 100}.example/api`;
  return `  - {id: a${number}, provider: acme, credentials: {url: "${url}", api_key: "\${KEY}", secret_key: "\${SECRET}"}}`;
}

/** Takes every asynchronous invocation, and runs none. */
export async function acceptStarts(): Promise<void> {
  const { origin } = await serve(0, (_, __, response) => void response.writeHead(202).end());
  say({ url: origin });
}

export function dispatchFile({ accounts, file }: Dispatching): Promise<void> {
  return measured(async () => {
    const invoker = lambdaInvoker();
    const { started } = await dispatchAccounts({
      accounts: listAccounts(accountLines(file), file),
      providers: { acme: { skew: 0, lookback: 0, streams: ['metrics'] } },
      state: eventState(null),
      invoker,
      limits: { global: 64, perHost: 8, hold: 0 },
      functionName: (name) => name,
      clock: { plan: Date.now, wire: Date.now },
      signal: deadlineWithin(3_600_000).signal,
      random: Math.random,
      failed: () => {},
    });
    invoker.close();
    if (started !== accounts) throw new Error(`${started} of ${accounts} were started`);
    return {};
  });
}
