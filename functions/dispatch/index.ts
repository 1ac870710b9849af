import { listAccounts } from '../../lib/accounts/list.ts';
import { accountLines } from '../../lib/accounts/source.ts';
import { withCmpSecrets } from '../../lib/cmp/secrets.ts';
import { destinationFrom } from '../../lib/destination.ts';
import { InvalidConfig } from '../../lib/errors.ts';
import { metricsLine } from '../../lib/lambda/emf.ts';
import { type OnLambda, onLambda } from '../../lib/lambda.ts';
import { openState } from '../../lib/state/open.ts';
import { type DispatchReport, dispatchAccounts } from './dispatch.ts';
import type { Limits } from './gate.ts';
import { readProviders } from './providers.ts';

/** Where the build puts it, below the task's root. */
const PROVIDERS = 'dist/functions/providers.json';

/** The schedule's handler: it takes EventBridge's event, whatever it says, and starts what is due. */
export const dispatch = onLambda(async (_event, lambda): Promise<DispatchReport> => {
  const { accounts, state, ...destination } = destinationFrom(lambda.env);
  if (accounts === undefined || state === undefined) {
    throw new InvalidConfig('USAGE_SYNC_ACCOUNTS and USAGE_SYNC_STATE must both be set to dispatch accounts');
  }
  const settings = state === 'cmp:' ? await withCmpSecrets(destination) : destination;
  const opened = await openState(state, { ...settings, platform: lambda });
  const invoker = (await import('../../lib/aws/lambda.ts')).lambdaInvoker();
  try {
    const report = await dispatchAccounts({
      ...lambda,
      accounts: listAccounts(accountLines(accounts, destination.s3Endpoint), accounts),
      providers: readProviders(PROVIDERS),
      state: opened,
      invoker,
      limits: limitsFrom(lambda.env),
      functionName: (name) => `${prefixOf(lambda)}${name}`,
      failed: (failure) => lambda.print(JSON.stringify({ level: 'error', ...failure })),
    });
    measure(report, lambda);
    return report;
  } finally {
    invoker.close();
    opened.close?.();
  }
});

/** The functions of one deployment have one beginning: `usage-sync-prod-` of `usage-sync-prod-dispatch`. */
function prefixOf({ functionName }: OnLambda): string {
  return (functionName ?? '').replace(/dispatch$/, '');
}

const limits = { USAGE_SYNC_STARTS: 64, USAGE_SYNC_STARTS_PER_HOST: 8, USAGE_SYNC_HOST_HOLD: 200 } as const;

function limitsFrom(env: OnLambda['env']): Limits {
  const numberOf = (name: keyof typeof limits, least: number) => {
    const text = env[name] || String(limits[name]);
    if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidConfig(`${name}: expected a whole number of at least ${least}`);
  };
  return {
    global: numberOf('USAGE_SYNC_STARTS', 1),
    perHost: numberOf('USAGE_SYNC_STARTS_PER_HOST', 1),
    hold: numberOf('USAGE_SYNC_HOST_HOLD', 0),
  };
}

/** Accounts that are never reached tell nothing of themselves; their lag is seen from here. */
function measure(report: DispatchReport, { clock, print }: OnLambda): void {
  const now = clock.wire();
  const { accounts, failed, started } = report;
  print(metricsLine(now, { function: 'dispatch' }, { accounts, failed, started }));
  for (const [place, lag] of Object.entries(report.lag)) {
    const [provider = '', stream = ''] = place.split('.');
    print(metricsLine(now, { provider, stream }, { lag }));
  }
}
