/**
 * The handlers: with lib/lambda.ts they alone see the runtime's context, the environment and the system clock. Nothing
 * that an event brought is kept here; the compiled mapping is the one thing that stays warm.
 */

import { requestedSubject } from './accounts/requested.ts';
import { withCmpSecrets } from './cmp/secrets.ts';
import { outOfTime } from './deadline.ts';
import { type Destination, destinationFrom } from './destination.ts';
import { parseEvent, type SyncRequest } from './event.ts';
import { type StreamAnswer, valueAnswer } from './lambda/answer.ts';
import { continuationAfter } from './lambda/continuation.ts';
import { runMetricsLine } from './lambda/emf.ts';
import { invokeItself, nextEvent, proceedsByItself } from './lambda/proceed.ts';
import { type Handler, onLambda } from './lambda.ts';
import { loadMapping, type Mapping } from './mapping/load.ts';
import type { Provider } from './provider.ts';
import { readFileOrRefuse } from './read-file.ts';
import type { PartitionFailure, StreamReport } from './report.ts';
import { openReporting } from './reporting.ts';
import {
  type Platform,
  runStream,
  runVerify,
  type StreamName,
  type Subject,
  type SyncOptions,
  type Target,
} from './run.ts';
import { openSink, takesStream } from './sink/open.ts';
import { valueSink } from './sink/value.ts';
import { eventState } from './state/event.ts';
import { openState } from './state/open.ts';
import type { State } from './state/state.ts';

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
    onLambda((event, lambda) =>
      answerStream(provider, name, mapping, event, lambda, destinationFrom(lambda.env), {
        reported: (account, report) =>
          lambda.print(
            runMetricsLine({
              provider: provider.name,
              stream: name,
              account,
              report,
              now: lambda.clock.wire(),
            }),
          ),
        proceed: (next) => invokeItself(lambda, next),
      }),
    );
  return {
    getResources: reading('resources'),
    getMetrics: reading('metrics'),
    getSpend: reading('spend'),
    getStatus: reading('status'),
    getLogs: reading('logs'),
    validateCredentials: onLambda((event, lambda) =>
      answerCredentials(provider, event, lambda, destinationFrom(lambda.env)),
    ),
  };
}

/** Who is told how a run went, and what happens with what it left. */
interface Watcher {
  reported(account: string, report: StreamReport | null): void;
  /** Starts the next run. A failure is logged: the schedule goes on, too. */
  proceed(event: object): Promise<void>;
}

/** One run of a stream's handler, wherever it happens. */
export async function answerStream<Config, Client>(
  provider: Provider<Config, Client>,
  name: StreamName,
  defaultMapping: string,
  event: unknown,
  platform: Platform,
  settings: Destination,
  watcher?: Watcher,
): Promise<StreamAnswer> {
  const request = parseEvent(event, provider.name);
  const began = platform.clock.wire();
  const left = cellsLeft();
  try {
    const { subject, mapping: own } = await requestedSubject(request, provider.name, settings);
    const destination = await withCmpSecrets(settings);
    const mapping = mappingFor(provider.name, defaultMapping, own ?? destination.mapping);
    const address =
      destination.sink !== undefined && takesStream(destination.sink, name) ? destination.sink : null;
    const returned = address === null ? valueSink() : null;
    const sink = returned ?? (await openSink(address ?? '', { ...destination, platform }));
    const state = await stateFor(request, destination, platform);
    const target = { mapping, sink, state, seed: request.lastUpdate };
    const report = await runReported(provider, name, subject, request, platform, destination, target, left);
    watcher?.reported(request.accountId, report);
    if (returned) {
      for (const failure of report.failures ?? []) logFailure(failure, platform); // the value has no place for them
      return valueAnswer(provider, name, subject, returned, report.last_update, platform);
    }
    if (report.status !== 'continue') return report;
    const remaining = { began, now: platform.clock.wire(), cells: left.count() };
    const continuation = continuationAfter(request.continuation, report, remaining);
    if (proceedsByItself(request, destination))
      await watcher?.proceed(nextEvent(request, report, continuation));
    return { ...report, continuation };
  } catch (error) {
    watcher?.reported(request.accountId, null);
    throw error;
  }
}

function stateFor(
  request: SyncRequest,
  destination: Destination,
  platform: Platform,
): Promise<State> | State {
  if (destination.state === undefined) return eventState(request.lastUpdate);
  return openState(destination.state, { ...destination, platform });
}

/** One run, with the CMP told how it goes. @throws BudgetTooSmall when time was up before anything was done */
async function runReported<Config, Client>(
  provider: Provider<Config, Client>,
  name: StreamName,
  subject: Subject,
  { taskId }: SyncRequest,
  platform: Platform,
  destination: Destination,
  target: Target,
  left: ReturnType<typeof cellsLeft>,
): Promise<StreamReport> {
  const reporting = openReporting(destination, taskId, platform);
  const tell: SyncOptions['report'] = (step) => {
    left.seen(step);
    reporting.report(step);
  };
  try {
    const options = { report: tell, order: destination.order ?? 'oldest-first' };
    const report = await runStream(provider, name, subject, reporting.platform, target, options);
    await target.sink.close();
    const didNothing = report.status === 'continue' && report.windows.length === 0;
    const tooSmall = didNothing ? outOfTime(platform.signal) : null;
    if (tooSmall) throw tooSmall;
    const complete =
      report.failures === undefined && (report.status === 'done' || report.status === 'nothing_due');
    if (complete) await reporting.finished();
    return report;
  } catch (error) {
    await target.sink.close().catch(() => {}); // its sockets must not outlive the invocation; the run's failure counts
    throw error;
  } finally {
    target.state.close?.();
    await reporting.close();
  }
}

function logFailure(failure: PartitionFailure, { log }: Platform): void {
  log.write(JSON.stringify({ level: 'error', ...failure }));
}

type Told = Parameters<NonNullable<SyncOptions['report']>>[0];

/** Counts what was planned and not done, of the partitions that were come to. */
function cellsLeft() {
  const open = new Map<string, number>();
  return {
    seen: ({ done, partition, planned }: Told) => void open.set(partition, planned - done),
    count: () => (open.size === 0 ? null : [...open.values()].reduce((sum, cells) => sum + cells, 0)),
  };
}

/** One run of `validateCredentials`, wherever it happens: a typed error when they are not good. */
export async function answerCredentials<Config, Client>(
  provider: Provider<Config, Client>,
  event: unknown,
  platform: Platform,
  destination: Destination,
): Promise<{ readonly ok: true }> {
  const request = parseEvent(event, provider.name);
  const { subject } = await requestedSubject(request, provider.name, destination);
  await runVerify(provider, subject, platform);
  return { ok: true };
}

/** The mapping that applies: a file of the operator's, or the provider's own. */
export function mappingFor(provider: string, text: string, file: string | undefined): Mapping {
  return file === undefined
    ? compiled(text, `mappings/${provider}.yaml`)
    : compiled(readFileOrRefuse(file), file);
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
