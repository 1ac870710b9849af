import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatchAccounts } from '../functions/dispatch/dispatch.ts';
import { listAccounts } from '../lib/accounts/list.ts';
import { accountLines } from '../lib/accounts/source.ts';
import { eventState } from '../lib/state/event.ts';

interface Row {
  readonly accounts: number;
  readonly seconds: number;
  /** Bytes: what was held more at the end than at the beginning. */
  readonly grown: number;
}

/** Dispatches accounts of 100 clouds from a file, all of them due; the state and Lambda answer at once. */
export async function benchDispatch(counts: readonly number[]): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-bench-'));
  const rows: Row[] = [];
  try {
    for (const accounts of counts) rows.push(await dispatched(join(folder, 'accounts.yaml'), accounts));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return rows;
}

async function dispatched(file: string, accounts: number): Promise<Row> {
  const lines = Array.from({ length: accounts }, (_, number) => {
    const credentials = `{url: "https://cloud${number % 100}.example/api", api_key: "\${KEY}", secret_key: "\${SECRET}"}`;
    return `  - {id: a${number}, provider: acme, credentials: ${credentials}}`;
  });
  writeFileSync(file, `accounts:\n${lines.join('\n')}\n`);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const { started } = await dispatchAccounts({
    accounts: listAccounts(accountLines(file), file),
    providers: { acme: { skew: 0, lookback: 0, streams: ['metrics'] } },
    state: eventState(null),
    invoker: { start: async () => {}, close() {} },
    limits: { global: 64, perHost: 8, hold: 0 },
    functionName: (name) => name,
    clock: { plan: Date.now, wire: Date.now },
    signal: new AbortController().signal,
    random: Math.random,
    failed: () => {},
  });
  const seconds = (performance.now() - began) / 1000;
  if (started !== accounts) throw new Error(`${started} of ${accounts} were started`);
  globalThis.gc?.();
  return { accounts, seconds, grown: process.memoryUsage().heapUsed - before };
}
