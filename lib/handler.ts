/**
 * The Lambda edge: it alone sees the runtime's context, the environment and the system clock. Nothing that an
 * event brought is kept here; the compiled mapping is the one thing that stays warm.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from './clock.ts';
import { cmpSettings } from './cmp.ts';
import { deadlineWithin } from './deadline.ts';
import { InvalidConfig, toWireError } from './errors.ts';
import { parseEvent, type SyncRequest } from './event.ts';
import { DEFAULT_POLL_INTERVAL } from './interval.ts';
import { loadMapping, type Mapping } from './mapping/load.ts';
import { nflexSpend, type Spend } from './models/spend.ts';
import type { Provider } from './provider.ts';
import { proxyFrom } from './proxy.ts';
import type { PartitionFailure, StreamReport } from './report.ts';
import { openReporting, type ReportingSettings } from './reporting.ts';
import { currencyOf, type Platform, runStream, runVerify, type StreamName, type Subject } from './run.ts';
import { openSink, takesStream } from './sink/open.ts';
import { type ValueSink, valueSink } from './sink/value.ts';
import { eventState } from './state/event.ts';
import { openState } from './state/open.ts';
import { formatInstant } from './time.ts';

/** What a handler needs of Lambda's context. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** Where cells go, what is remembered, who is told; from the environment on Lambda. */
export interface Destination extends ReportingSettings {
  readonly sink?: string | undefined;
  readonly state?: string | undefined;
  /** Of an S3-compatible store in the place of AWS. */
  readonly s3Endpoint?: string | undefined;
  /** A mapping file in place of the provider's own. */
  readonly mapping?: string | undefined;
}

/** What a handler answers: nflex's own shapes, or with a sink the report of what was delivered. */
export type StreamAnswer =
  | StreamReport
  | readonly object[]
  | { readonly metrics: readonly object[]; readonly last_update: string | null }
  | (Partial<Spend> & { readonly items: Spend['items']; readonly last_update: string | null })
  | { readonly status: readonly object[]; readonly last_update: string | null }
  | { readonly logs: readonly object[]; readonly last_update: string | null };

export type Handler<Result> = (event: unknown, context: LambdaContext) => Promise<Result>;

/** Handler name → the stream it reads. */
export const streamHandlers = {
  getResources: 'resources',
  getMetrics: 'metrics',
  getSpend: 'spend',
  getStatus: 'status',
  getLogs: 'logs',
} as const satisfies Record<string, StreamName>;

type StreamHandlers = { readonly [Name in keyof typeof streamHandlers]: Handler<StreamAnswer> };

/** The exported handlers of a provider, one for each event source. */
export function handlers<Config, Client>(
  provider: Provider<Config, Client>,
  mapping: string,
): StreamHandlers & { readonly validateCredentials: Handler<{ readonly ok: true }> } {
  const reading = (name: StreamName) =>
    onLambda((event, platform) =>
      answerStream(provider, name, mapping, event, platform, destinationFrom(process.env)),
    );
  return {
    getResources: reading('resources'),
    getMetrics: reading('metrics'),
    getSpend: reading('spend'),
    getStatus: reading('status'),
    getLogs: reading('logs'),
    validateCredentials: onLambda((event, platform) => answerCredentials(provider, event, platform)),
  };
}

/** One run of a stream's handler, wherever it happens. */
export async function answerStream<Config, Client>(
  provider: Provider<Config, Client>,
  name: StreamName,
  defaultMapping: string,
  event: unknown,
  platform: Platform,
  destination: Destination,
): Promise<StreamAnswer> {
  const request = parseEvent(event, provider.name);
  const mapping = mappingFor(provider.name, defaultMapping, destination.mapping);
  const state =
    destination.state === undefined
      ? eventState(request.lastUpdate)
      : await openState(destination.state, { ...destination, platform });
  const address =
    destination.sink !== undefined && takesStream(destination.sink, name) ? destination.sink : null;
  const returned = address === null ? valueSink() : null;
  const sink = returned ?? (await openSink(address ?? '', { ...destination, platform }));
  const target = { mapping, state, sink, seed: request.lastUpdate };
  const subject = subjectOf(request);
  const reporting = openReporting(destination, request.taskId, platform);
  try {
    const options = { report: reporting.report };
    const report = await runStream(provider, name, subject, reporting.platform, target, options);
    await sink.close();
    const complete =
      report.failures === undefined && (report.status === 'done' || report.status === 'nothing_due');
    if (complete) await reporting.finished();
    if (!returned) return report;
    for (const failure of report.failures ?? []) logFailure(failure, platform); // the value has no place for them
    if (name === 'spend') return spendAnswer(provider, subject, returned, report.last_update, platform);
    return answerOf(name, returned, report.last_update);
  } catch (error) {
    await sink.close().catch(() => {}); // its sockets must not outlive the invocation; the run's failure counts
    throw error;
  } finally {
    await reporting.close();
  }
}

/** nflex: 1. Event sources and handlers. */
function answerOf(
  name: Exclude<StreamName, 'spend'>,
  { items, metrics }: ValueSink,
  last_update: string | null,
): StreamAnswer {
  switch (name) {
    case 'resources':
      return items;
    case 'metrics':
      return { metrics, last_update };
    case 'status':
      return { status: items, last_update };
    case 'logs':
      return { logs: items, last_update };
  }
}

function logFailure(failure: PartitionFailure, { log }: Platform): void {
  log.write(JSON.stringify({ level: 'error', ...failure }));
}

/**
 * One day's money. When no day is due there are no items: the date is then that of the day which is not complete
 * yet, so that nothing that was delivered can be taken for withdrawn.
 */
function spendAnswer<Config>(
  provider: Pick<Provider<Config, unknown>, 'name' | 'config' | 'currency'>,
  subject: Subject,
  { spend }: ValueSink,
  last_update: string | null,
  { clock }: Platform,
): StreamAnswer {
  if (spend !== null) return { ...nflexSpend(spend), last_update };
  const spend_date = (last_update ?? formatInstant(clock.plan())).slice(0, 10);
  return { currency: currencyOf(provider, subject), spend_date, items: [], last_update };
}

/** One run of `validateCredentials`, wherever it happens: a typed error when they are not good. */
export async function answerCredentials<Config, Client>(
  provider: Provider<Config, Client>,
  event: unknown,
  platform: Platform,
): Promise<{ readonly ok: true }> {
  await runVerify(provider, subjectOf(parseEvent(event, provider.name)), platform);
  return { ok: true };
}

/** The mapping that applies: a file of the operator's, or the provider's own. */
export function mappingFor(provider: string, text: string, file: string | undefined): Mapping {
  return file === undefined ? compiled(text, `mappings/${provider}.yaml`) : compiled(readMapping(file), file);
}

const warm = new Map<string, Mapping>();

/** Compiles a mapping once: its text is the operator's, not an event's. */
function compiled(text: string, file: string): Mapping {
  const known = warm.get(text);
  if (known) return known;
  const mapping = loadMapping(text, file);
  warm.clear();
  warm.set(text, mapping);
  return mapping;
}

function readMapping(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidConfig(`The mapping file ${file} cannot be read`, { cause: error });
  }
}

function subjectOf(request: SyncRequest): Subject {
  return {
    id: request.accountId,
    customer: request.customerId,
    resource: request.resource.id,
    credentials: request.credentials,
    credentialsPath: 'event.credentials',
    strictCredentials: false,
    poll: request.pollInterval ?? request.resource.pollInterval ?? DEFAULT_POLL_INTERVAL,
  };
}

function onLambda<Result>(answer: (event: unknown, platform: Platform) => Promise<Result>): Handler<Result> {
  return async (event, context) => {
    const deadline = deadlineWithin(context.getRemainingTimeInMillis());
    try {
      return await answer(event, lambdaPlatform(deadline.signal));
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ level: 'error', ...toWireError(error) })}\n`);
      throw error;
    } finally {
      deadline.cancel();
    }
  };
}

/** Lambda's own API listens on its loopback: an account that names that address must not reach it. */
function lambdaPlatform(signal: AbortSignal): Platform {
  return {
    clock: systemClock(),
    signal,
    log: { write: (line) => process.stdout.write(`${line}\n`), level: 'info' },
    loopback: process.env.AWS_LAMBDA_RUNTIME_API === undefined,
    random: Math.random,
    proxyFor: proxyFrom(process.env),
  };
}

/** What the environment says of the destination; the command line runs handlers with the same. */
export function destinationFrom(env: Readonly<Record<string, string | undefined>>): Destination {
  return {
    sink: env.USAGE_SYNC_SINK || undefined,
    state: env.USAGE_SYNC_STATE || undefined,
    s3Endpoint: env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined,
    mapping: env.USAGE_SYNC_MAPPING || undefined,
    cmp: cmpSettings(env),
    moduleId: env.CMP_MODULE_ID || null,
  };
}
