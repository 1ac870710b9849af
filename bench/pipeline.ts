import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mapping, provider } from '../functions/cloudstack/index.ts';
import { signedQuery } from '../functions/cloudstack/signature.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import { runMetrics } from '../lib/run.ts';
import { fileSink } from '../lib/sink/file.ts';
import { fileState } from '../lib/state/file.ts';
import { DAY } from '../lib/time.ts';
import { startCloudStack } from '../simulators/cloudstack/server.ts';

/** What one process of the benchmark is told. */
interface Load {
  readonly records: number;
  readonly cells: number;
  readonly folder: string;
  readonly credentials: { readonly url: string; readonly api_key: string; readonly secret_key: string };
  /** What our own run wrote: the floor writes as many lines of the same size. */
  readonly lines: number;
  readonly bytes: number;
}

interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly records: number;
  /** Bytes: the largest resident set of the process. */
  readonly peak: number;
  readonly detail: string;
}

const START = Date.UTC(2026, 0, 1);

/** Each part in a process of its own: their memory is theirs, and the server has its own core. */
export const pipelineRoles = { serve, ours, floor };

/** Runs ours and the floor against one server, each in a process of its own. */
export async function benchPipeline(records: number, cells: number): Promise<{ rows: Row[]; ratio: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-bench-'));
  const load = { records, cells, folder };
  const server = start('serve', load);
  try {
    const credentials = (await firstLine(server)) as Load['credentials'];
    const whole = (await firstLine(start('ours', { ...load, credentials }))) as {
      seconds: number;
      peak: number;
      records: number;
    };
    const files = readdirSync(join(folder, 'metrics/bench/all')).map(
      (name) => statSync(join(folder, 'metrics/bench/all', name)).size,
    );
    const bytes = files.reduce((sum, size) => sum + size, 0);
    const { metrics } = whole as unknown as { metrics: number };
    const bare = (await firstLine(
      start('floor', { ...load, credentials, lines: metrics, bytes }),
    )) as typeof whole;
    const perMetric = (whole.seconds * 1e6) / metrics;
    const rows = [
      { name: 'ours', ...whole, detail: `, ${perMetric.toFixed(1)} µs a metric line, ${metrics} lines` },
      { name: 'floor', ...bare, detail: '' },
    ];
    return { rows, ratio: bare.seconds / whole.seconds };
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function serve({ records, cells }: Load): Promise<void> {
  const synthetic = { recordsPerCell: records / cells, cells, start: START };
  const { credentials } = await startCloudStack({
    seed: 1,
    zone: 'UTC',
    rangeMinutes: 1440,
    role: 'root-admin',
    synthetic,
    planNow: now,
  });
  process.stdout.write(`${JSON.stringify(credentials)}\n`);
}

/** Long after the data: every cell is complete. */
function now(): number {
  return START + 400 * DAY;
}

async function ours({ cells, folder, credentials }: Load): Promise<void> {
  const subject = {
    id: 'bench',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
  };
  const platform = {
    clock: { plan: now, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' as const },
    loopback: true,
    random: Math.random,
  };
  const target = {
    mapping: loadMapping(mapping, 'cloudstack.yaml'),
    sink: fileSink(folder),
    state: fileState(join(folder, 'state')),
    seed: null,
  };
  const started = performance.now();
  const { windows } = await runMetrics(provider, subject, platform, target, {
    range: { start: START, end: START + cells * DAY },
  });
  await target.sink.close();
  finish(started, {
    records: windows.reduce((sum, window) => sum + window.records, 0),
    metrics: windows.reduce((sum, window) => sum + window.metrics, 0),
  });
}

/** What cannot be left out: fetch every page, parse it, write the lines. */
async function floor({ cells, folder, credentials, lines, records, bytes }: Load): Promise<void> {
  const agent = new http.Agent({ keepAlive: true });
  const line = `${'x'.repeat(Math.round(bytes / lines) - 1)}\n`;
  const started = performance.now();
  let parsed = 0;
  let written = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    const text: string[] = [];
    for (let page = 1; ; page += 1) {
      const rows = await fetchRows(agent, credentials, cell, page);
      parsed += rows;
      const due = Math.floor((parsed / records) * lines) - written;
      for (let at = 0; at < due; at += 1) text.push(line);
      written += due;
      if (rows < 500) break;
    }
    writeFileSync(join(folder, `floor-${cell}`), text.join(''));
  }
  agent.destroy();
  finish(started, { records: parsed });
}

function fetchRows(
  agent: http.Agent,
  credentials: Load['credentials'],
  cell: number,
  page: number,
): Promise<number> {
  const date = (instant: number) => `${new Date(instant).toISOString().slice(0, 19)}+0000`;
  const parameters = {
    command: 'listUsageRecords',
    startdate: date(START + cell * DAY),
    enddate: date(START + (cell + 1) * DAY - 1000),
    page: String(page),
    pagesize: '500',
  };
  const keys = { apiKey: credentials.api_key, secretKey: credentials.secret_key, algorithm: 'sha1' as const };
  return new Promise((resolve, reject) => {
    http
      .get(`${credentials.url}?${signedQuery(parameters, keys, Date.now())}`, { agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve(
            JSON.parse(Buffer.concat(chunks).toString()).listusagerecordsresponse.usagerecord?.length ?? 0,
          ),
        );
      })
      .on('error', reject);
  });
}

function finish(started: number, more: object): void {
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(
    `${JSON.stringify({ seconds, peak: process.resourceUsage().maxRSS * 1024, ...more })}\n`,
  );
}

function start(role: keyof typeof pipelineRoles, load: object): ChildProcess {
  return spawn(process.execPath, [process.argv[1] ?? '', '--role', role, '--with', JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ChildProcess): Promise<unknown> {
  if (!child.stdout) throw new Error('the process has no output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error('a process of the benchmark ended early');
}
