import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pathSegment } from '../../lib/files.ts';
import { loadMapping } from '../../lib/mapping/load.ts';
import type { UsageRecord } from '../../lib/models/usage.ts';
import type { FetchRequest, MetricsStream, Provider } from '../../lib/provider.ts';
import { type Platform, runMetrics, runVerify } from '../../lib/run.ts';
import { fileSink } from '../../lib/sink/file.ts';
import { fileState } from '../../lib/state/file.ts';
import type { Interval, Millis } from '../../lib/time.ts';
import { type Intercept, type Passing, type PassingAnswer, startProxy } from './proxy.ts';

type Credentials = Readonly<Record<string, unknown>>;

/** A simulated cloud with data, as the suite needs it. */
export interface ContractCloud {
  readonly url: string;
  readonly credentials: Credentials;
  /** Text that must not be seen anywhere. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** What the suite must know of a provider. */
export interface ContractSubject {
  readonly provider: Provider<unknown, unknown>;
  readonly mapping: string;
  /** The planning clock, held: a moment at which `cell` and `emptyCell` are complete. */
  readonly now: Millis;
  /** The partition that is looked at; the only one of the account. `all` when absent. */
  readonly partition?: string;
  /** A cell of at least so many pages. */
  readonly cell: Interval;
  /** At least 3; 1 for a provider whose answers are not paged. 3 when absent. */
  readonly pages?: number;
  /** False for a provider that lets everybody read whom it knows. */
  readonly permissions?: boolean;
  /** A cell before the cloud's history. */
  readonly emptyCell: Interval;
  /** Starts the cloud; `forbidden`: it knows the caller and lets nothing be read. */
  start(options: { readonly forbidden?: boolean }): Promise<ContractCloud>;
  /** The same credentials, elsewhere. */
  moved(credentials: Credentials, to: URL): Credentials;
  wrong(credentials: Credentials): Credentials;
  /** Which page of usage a request asks for, from 1; null when it asks for something else. */
  pageOf(request: Passing): number | null;
  /** An answer that ends the walk: nothing that a retry could mend. */
  readonly fatal: PassingAnswer;
  /** The page as if its array had been forgotten. */
  withoutArray(body: string): string;
  /** The page with one row whose amount cannot be read; the row's start stays. */
  withBadRow(body: string): string;
}

export interface ContractCase {
  readonly name: string;
  /** Whether the provider can come into this case at all; always when absent. */
  applies?(subject: ContractSubject): boolean;
  run(subject: ContractSubject): Promise<void>;
}

export const contractCases: readonly ContractCase[] = [
  {
    name: 'accepts good credentials',
    run: (subject) => withRig(subject, {}, async (rig) => void (await rig.verify())),
  },
  {
    name: 'names wrong credentials',
    run: (subject) =>
      withRig(subject, { credentials: subject.wrong }, async (rig) => {
        await expect(rig.verify()).rejects.toMatchObject({ name: 'InvalidCredentials' });
        await expect(rig.sync()).rejects.toMatchObject({ name: 'InvalidCredentials' });
      }),
  },
  {
    name: 'names a missing permission',
    applies: ({ permissions = true }) => permissions,
    run: (subject) =>
      withRig(subject, { forbidden: true }, async (rig) => {
        await expect(rig.sync()).rejects.toMatchObject({ name: 'InsufficientPermission' });
      }),
  },
  {
    name: 'delivers an empty cell as an empty file',
    run: (subject) =>
      withRig(subject, { range: subject.emptyCell }, async (rig) => {
        const { windows } = await rig.sync();
        expect(windows).toMatchObject([{ records: 0, metrics: 0 }]);
        expect(rig.files()).toEqual([expect.objectContaining({ text: '' })]);
      }),
  },
  {
    name: 'reads every page in order',
    run: (subject) =>
      withRig(subject, {}, async (rig) => {
        const { windows } = await rig.sync();
        const asked = rig.pages();
        expect(asked.length).toBeGreaterThanOrEqual(subject.pages ?? 3);
        expect(asked).toEqual([...asked].sort((a, b) => a - b));
        expect(windows[0]?.records).toBeGreaterThan(0);
        expect(rig.lines().length).toBe(windows[0]?.metrics);
      }),
  },
  {
    name: 'asks again after a 503 within a listing, and loses nothing',
    run: async (subject) => {
      const whole = await withRig(subject, {}, (rig) => rig.sync());
      await withRig(subject, { intercept: once(subject, lateIn(subject), UNAVAILABLE) }, async (rig) => {
        expect(counts(await rig.sync())).toEqual(counts(whole));
      });
    },
  },
  {
    name: 'moves no checkpoint when a page fails',
    run: (subject) =>
      withRig(
        subject,
        { intercept: always(subject, lateIn(subject), async () => subject.fatal) },
        async (rig) => {
          await expect(rig.sync()).rejects.toMatchObject({
            name: expect.stringMatching(/^[A-Z]/),
            owner: expect.any(String),
          });
          expect(rig.files()).toEqual([]);
          expect((await rig.stored()).checkpoint).toBeNull();
        },
      ),
  },
  {
    name: 'refuses a page that comes again',
    applies: ({ pages = 3 }) => pages > 1,
    run: (subject) => {
      let first: Promise<PassingAnswer> | null = null;
      const repeat: Intercept = (request, pass) => {
        if (subject.pageOf(request) === null) return null;
        first ??= pass();
        return first;
      };
      return withRig(subject, { intercept: repeat }, async (rig) => {
        await expect(rig.sync()).rejects.toMatchObject({ name: 'InconsistentListing' });
        expect(rig.files()).toEqual([]);
      });
    },
  },
  {
    name: 'refuses a page without its array',
    run: (subject) =>
      withRig(subject, { intercept: always(subject, 1, subject.withoutArray) }, async (rig) => {
        await expect(rig.sync()).rejects.toMatchObject({ name: 'MalformedResponse' });
      }),
  },
  {
    name: 'counts a record in the cell of its start, and an edge in one cell only',
    run: (subject) =>
      withRig(subject, {}, async (rig) => {
        await rig.sync();
        const { start, end } = subject.cell;
        const times = rig.lines().map(({ time }) => Date.parse(time));
        expect(times.filter((time) => time < start || time >= end)).toEqual([]);
        expect(Math.min(...times)).toBe(start);
      }),
  },
  {
    name: 'leaves what it is given as it is',
    run: (subject) =>
      withRig(subject, { frozen: true }, async (rig) => {
        expect((await rig.sync()).windows[0]?.records).toBeGreaterThan(0);
      }),
  },
  {
    name: 'has a mapping for every kind it gives',
    run: (subject) =>
      withRig(subject, {}, async (rig) => {
        const { windows } = await rig.sync();
        expect(windows[0]?.dropped.unmapped).toEqual({});
        expect(new Set(rig.lines().map(({ key }) => key)).size).toBe(rig.lines().length);
      }),
  },
  {
    name: 'quarantines one bad row and delivers the rest',
    run: async (subject) => {
      const whole = await withRig(subject, {}, (rig) => rig.sync());
      await withRig(subject, { intercept: always(subject, 1, subject.withBadRow) }, async (rig) => {
        const { windows } = await rig.sync();
        expect(windows).toMatchObject([{ quarantined: 1, records: (whole.windows[0]?.records ?? 0) - 1 }]);
        expect(rig.quarantined()).toHaveLength(1);
      });
    },
  },
  {
    name: 'asks nothing once it is aborted',
    run: (subject) => {
      const time = new AbortController();
      const stop: Intercept = (request) => {
        if (subject.pageOf(request) === 1) time.abort(new Error('time is up'));
        return null;
      };
      return withRig(subject, { intercept: stop, signal: time.signal }, async (rig) => {
        await expect(rig.sync()).resolves.toMatchObject({ status: 'continue', windows: [] });
        expect(rig.pages()).toEqual([1]);
        expect(rig.files()).toEqual([]);
      });
    },
  },
  {
    name: 'shows no secret in files, logs, errors and answers',
    run: (subject) =>
      withRig(subject, { intercept: once(subject, lateIn(subject), UNAVAILABLE) }, async (rig) => {
        const answer = JSON.stringify(await rig.sync());
        const refused = await withRig(subject, { credentials: subject.wrong }, (other) =>
          other
            .sync()
            .then(
              JSON.stringify,
              (error: Error) => `${error.stack} ${JSON.stringify(error)} ${other.logs.join('')}`,
            ),
        );
        const everything = [answer, refused, ...rig.logs, ...rig.everyFile()].join('\n');
        expect(rig.logs.length).toBeGreaterThan(0);
        for (const hidden of rig.secrets) {
          for (const form of [hidden, encodeURIComponent(hidden), Buffer.from(hidden).toString('base64')]) {
            expect(everything.includes(form)).toBe(false);
          }
        }
      }),
  },
  {
    name: 'gives the same bytes for the same cell',
    run: (subject) =>
      withRig(subject, {}, async (rig) => {
        await rig.sync();
        const before = rig.files();
        const { windows } = await rig.sync();
        expect(windows).toMatchObject([{ changed: false }]);
        expect(rig.files()).toEqual(before);
        const elsewhere = await withRig(subject, {}, async (other) => {
          await other.sync();
          return other.files();
        });
        expect(elsewhere).toEqual(before);
      }),
  },
];

interface RigOptions {
  readonly credentials?: (credentials: Credentials) => Credentials;
  readonly forbidden?: boolean;
  readonly intercept?: Intercept;
  readonly range?: Interval;
  readonly signal?: AbortSignal;
  readonly frozen?: boolean;
}

/** A cloud, a way to it, a folder, and a run over one cell. */
async function withRig<Result>(
  subject: ContractSubject,
  options: RigOptions,
  work: (rig: ReturnType<typeof rigOf>) => Promise<Result>,
): Promise<Result> {
  const cloud = await subject.start({ forbidden: options.forbidden ?? false });
  const asked: number[] = [];
  const watch: Intercept = (request, pass) => {
    const page = subject.pageOf(request);
    if (page !== null) asked.push(page);
    return options.intercept?.(request, pass) ?? null;
  };
  const proxy = await startProxy(new URL(cloud.url), watch);
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-contract-'));
  try {
    const credentials = subject.moved(cloud.credentials, proxy.url);
    return await work(
      rigOf(
        subject,
        options,
        options.credentials?.(credentials) ?? credentials,
        cloud.secrets,
        folder,
        asked,
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await proxy.close();
    await cloud.close();
  }
}

function rigOf(
  subject: ContractSubject,
  options: RigOptions,
  credentials: Credentials,
  secrets: readonly string[],
  folder: string,
  asked: readonly number[],
) {
  const logs: string[] = [];
  const provider = options.frozen ? withFrozenInputs(subject.provider) : subject.provider;
  const account = {
    id: 'contract',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'event.credentials',
    strictCredentials: false,
    poll: 3600,
  };
  const platform: Platform = {
    clock: { plan: () => subject.now, wire: () => Date.now() },
    signal: options.signal ?? new AbortController().signal,
    log: { write: (line) => logs.push(line), level: 'debug' },
    loopback: true,
    random: () => 0,
  };
  const state = fileState(join(folder, 'state'));
  const partition = subject.partition ?? 'all';
  const metrics = join(folder, 'metrics/contract', pathSegment(partition));
  const text = (place: string) =>
    filesIn(place).map((file) => ({ name: file.slice(folder.length), text: readFileSync(file, 'utf8') }));
  return {
    logs,
    secrets,
    pages: () => asked,
    verify: () => runVerify(provider, account, platform),
    sync: () =>
      runMetrics(
        provider,
        account,
        platform,
        { mapping: loadMapping(subject.mapping, 'mapping.yaml'), sink: fileSink(folder), state, seed: null },
        { range: options.range ?? subject.cell, retryNow: true },
      ),
    stored: () => state.peek({ account: 'contract', stream: 'metrics', partition }),
    files: () => text(metrics),
    lines: () =>
      text(metrics).flatMap((file) =>
        file.text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { time: string; key: string }),
      ),
    quarantined: () =>
      text(join(folder, 'quarantine')).flatMap((file) => file.text.split('\n').filter(Boolean)),
    everyFile: () => text(folder).map((file) => file.text),
  };
}

/** A page that is not the first, where there is one. */
function lateIn({ pages = 3 }: ContractSubject): number {
  return Math.min(2, pages);
}

const UNAVAILABLE: PassingAnswer = {
  status: 503,
  headers: { 'content-type': 'text/html' },
  body: '<html>starting</html>',
};

function once(subject: ContractSubject, page: number, answer: PassingAnswer): Intercept {
  let given = false;
  return (request) => {
    if (given || subject.pageOf(request) !== page) return null;
    given = true;
    return Promise.resolve(answer);
  };
}

function always(
  subject: ContractSubject,
  page: number,
  change: (body: string) => string | Promise<PassingAnswer>,
): Intercept {
  return (request, pass) => {
    if (subject.pageOf(request) !== page) return null;
    return pass().then(async (answer) => {
      const changed = change(answer.body);
      return typeof changed === 'string' ? { ...answer, body: changed } : changed;
    });
  };
}

/** A provider whose pure parts are given frozen values: whoever writes to them throws. */
function withFrozenInputs(provider: Provider<unknown, unknown>): Provider<unknown, unknown> {
  const { metrics } = provider.streams;
  if (!metrics) return provider;
  const frozen: MetricsStream<unknown> = {
    ...metrics,
    fetch: (client, request: FetchRequest) => metrics.fetch(client, deepFreeze(request)),
    normalize: (raw) => deepFreeze(metrics.normalize(deepFreeze(raw))),
    settle: (records, cell, memory) =>
      metrics.settle(deepFreeze(records) as readonly UsageRecord[], deepFreeze(cell), deepFreeze(memory)),
  };
  return { ...provider, streams: { metrics: frozen } };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || value instanceof AbortSignal)
    return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function counts({ windows }: Awaited<ReturnType<typeof runMetrics>>) {
  return windows.map(({ records, metrics, duplicates, conflicting }) => ({
    records,
    metrics,
    duplicates,
    conflicting,
  }));
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) =>
      entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  } catch {
    return [];
  }
}
