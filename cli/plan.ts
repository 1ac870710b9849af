import { join } from 'node:path';
import { withCmpSecrets } from '../lib/cmp/secrets.ts';
import { destinationFrom } from '../lib/destination.ts';
import { describeGrid } from '../lib/grid.ts';
import type { CellStreamName } from '../lib/job.ts';
import { isCellStream, type PartitionPlan, runPlan } from '../lib/run.ts';
import { openState } from '../lib/state/open.ts';
import { formatInstant, formatInterval } from '../lib/time.ts';
import { openAccounts } from './accounts.ts';
import { exitCode, refuse } from './exit.ts';
import { commandPlatform, rangeOption, writeToStderr } from './platform.ts';
import { streamsOf } from './sync.ts';

export interface PlanCommandOptions {
  readonly accounts: string;
  readonly account: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly out: string;
  readonly state?: string;
  readonly now?: string;
  readonly json?: boolean;
}

/** Shows the cells that are due, and why; reads nothing but what the policy needs. */
export async function planCommand(options: PlanCommandOptions): Promise<number> {
  const range = rangeOption(options.from, options.to);
  const accounts = await openAccounts(options.accounts, options.account);
  const platform = commandPlatform({ now: options.now, write: writeToStderr, level: 'warn' });
  const address = options.state ?? `file:${join(options.out, 'state')}`;
  const state = await openState(address, {
    ...(await withCmpSecrets(destinationFrom(process.env))),
    platform,
  });
  const plans: StreamPlan[] = [];
  let failures = 0;
  for (const ready of accounts) {
    const { account, room, subject } = ready;
    try {
      for (const stream of streamsOf(ready, {}).filter(isCellStream)) {
        const about = { account: account.id, provider: account.provider, stream };
        const partitions = await runPlan(
          room.provider,
          subject,
          platform,
          state,
          range ? { range } : {},
          stream,
        );
        plans.push(...partitions.map((plan) => ({ ...about, plan })));
      }
    } catch (error) {
      failures += 1;
      writeToStderr(`${account.id}:`);
      refuse(error);
    }
  }
  process.stdout.write(
    options.json ? `${JSON.stringify({ plans: plans.map(asJson) })}\n` : plans.map(asText).join(''),
  );
  if (failures === 0) return exitCode.ok;
  return failures === accounts.length ? exitCode.failed : exitCode.partly;
}

interface StreamPlan {
  readonly account: string;
  readonly provider: string;
  readonly stream: CellStreamName;
  readonly plan: PartitionPlan;
}

function asJson({ account, provider, stream, plan }: StreamPlan) {
  return {
    account,
    provider,
    stream,
    partition: plan.partition,
    grid: plan.grid,
    cells: plan.cells.map(({ start, end, reasons }) => ({
      start: formatInstant(start),
      end: formatInstant(end),
      reasons,
    })),
    next_due: formatInstant(plan.nextDue),
    notes: plan.notes,
  };
}

function asText({ account, stream, plan }: StreamPlan): string {
  const head = `${account}/${plan.partition}: ${stream}: ${plan.cells.length} cells of ${describeGrid(plan.grid)}, next due ${formatInstant(plan.nextDue)}`;
  const cells = plan.cells.map((cell) => `  ${formatInterval(cell)}  ${cell.reasons.join('; ')}`);
  return `${[head, ...cells, ...plan.notes.map((note) => `  note: ${note}`)].join('\n')}\n`;
}
