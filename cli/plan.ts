import { join } from 'node:path';
import { describeGrid } from '../lib/grid.ts';
import { destinationFrom } from '../lib/handler.ts';
import { type PartitionPlan, runPlan } from '../lib/run.ts';
import { openState } from '../lib/state/open.ts';
import { formatInstant, formatInterval } from '../lib/time.ts';
import { openAccounts } from './accounts.ts';
import { exitCode, refuse } from './exit.ts';
import { commandPlatform, rangeOption, writeToStderr } from './platform.ts';

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
  const state = await openState(address, { ...destinationFrom(process.env), platform });
  const plans: { account: string; provider: string; plan: PartitionPlan }[] = [];
  let failures = 0;
  for (const { account, room, subject } of accounts) {
    try {
      const partitions = await runPlan(room.provider, subject, platform, state, range ? { range } : {});
      plans.push(...partitions.map((plan) => ({ account: account.id, provider: account.provider, plan })));
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

function asJson({ account, provider, plan }: { account: string; provider: string; plan: PartitionPlan }) {
  return {
    account,
    provider,
    stream: 'metrics',
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

function asText({ account, plan }: { account: string; plan: PartitionPlan }): string {
  const head = `${account}/${plan.partition}: ${plan.cells.length} cells of ${describeGrid(plan.grid)}, next due ${formatInstant(plan.nextDue)}`;
  const cells = plan.cells.map((cell) => `  ${formatInterval(cell)}  ${cell.reasons.join('; ')}`);
  return `${[head, ...cells, ...plan.notes.map((note) => `  note: ${note}`)].join('\n')}\n`;
}
