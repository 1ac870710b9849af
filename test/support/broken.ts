import { InvalidCredentials, SyncError } from '../../lib/errors.ts';
import { createHttp, type Http } from '../../lib/http.ts';
import type { UsageRecord } from '../../lib/models/usage.ts';
import type { Context, MetricsStream, Provider } from '../../lib/provider.ts';
import type { Interval } from '../../lib/time.ts';
import type { ContractSubject } from './contract-cases.ts';

type Subject = ContractSubject;
type Whole = Provider<unknown, unknown>;

/** For each case of the contract, a provider that breaks it: a case that lets it pass proves nothing. */
export const broken: Readonly<Record<string, (subject: Subject) => Subject>> = {
  'accepts good credentials': (subject) =>
    withProvider(subject, {
      verify: async () => {
        throw new InvalidCredentials('refused without a reason');
      },
    }),
  'names wrong credentials': (subject) => withProvider(subject, { verify: async () => ({ notes: [] }) }),
  'names a missing permission': (subject) => withStream(subject, swallowing),
  'delivers an empty cell as an empty file': (subject) =>
    withStream(subject, (stream) => ({
      settle: (records, cell, memory) =>
        records.length > 0
          ? stream.settle(records, cell, memory)
          : { records: [phantom(cell)], duplicates: 0 },
    })),
  'reads every page in order': (subject) =>
    withStream(subject, (stream) => ({
      fetch: async function* (client, request) {
        for await (const page of stream.fetch(client, request)) {
          yield page;
          return;
        }
      },
    })),
  'asks again after a 503 within a listing, and loses nothing': (subject) =>
    withHttp(subject, withoutRetries),
  'moves no checkpoint when a page fails': (subject) => withStream(subject, swallowing),
  'refuses a page that comes again': (subject) => withStream(subject, swallowing),
  'refuses a page without its array': (subject) => withStream(subject, swallowing),
  'counts a record in the cell of its start, and an edge in one cell only': (subject) =>
    withRecords(subject, (record) => ({
      ...record,
      period: { ...record.period, start: record.period.start + 1000 },
    })),
  'leaves what it is given as it is': (subject) =>
    withStream(subject, (stream) => ({
      settle: (records, cell, memory) => stream.settle((records as UsageRecord[]).sort(), cell, memory),
    })),
  'has a mapping for every kind it gives': (subject) =>
    withRecords(subject, (record) => ({ ...record, kind: 'ODD' })),
  'quarantines one bad row and delivers the rest': (subject) =>
    withStream(subject, (stream) => ({
      normalize: (raw) => {
        try {
          return stream.normalize(raw);
        } catch {
          return [];
        }
      },
    })),
  'asks nothing once it is aborted': (subject) => {
    const never = new AbortController().signal;
    const deaf = withHttp(subject, (_, context) => {
      const origins = subject.provider.origins(context.config);
      return createHttp({
        ...context,
        origins,
        tls: { verify: true },
        signal: never,
        redact: (text) => text,
      });
    });
    return withStream(deaf, (stream) => ({
      fetch: (client, request) => stream.fetch(client, { ...request, signal: never }),
    }));
  },
  'shows no secret in files, logs, errors and answers': (subject) =>
    withProvider(subject, {
      secrets: () => [],
      connect: (context) => {
        context.log.warn(`connecting as ${subject.provider.secrets(context.config)[0]?.reveal()}`);
        return subject.provider.connect(context);
      },
    }),
  'gives the same bytes for the same cell': (subject) => {
    let given = 0;
    return withRecords(subject, (record) => {
      given += 1;
      return { ...record, attributes: { ...record.attributes, given } };
    });
  },
};

/** "Swallow and succeed": what cannot be read is not there. */
function swallowing(stream: MetricsStream<unknown>): Partial<MetricsStream<unknown>> {
  return {
    fetch: async function* (client, request) {
      try {
        yield* stream.fetch(client, request);
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
      }
    },
  };
}

function withProvider(subject: Subject, changes: Partial<Whole>): Subject {
  return { ...subject, provider: { ...subject.provider, ...changes } };
}

function withStream(
  subject: Subject,
  change: (stream: MetricsStream<unknown>) => Partial<MetricsStream<unknown>>,
): Subject {
  const { metrics } = subject.provider.streams;
  if (!metrics) throw new Error('the subject has no metrics');
  return withProvider(subject, { streams: { metrics: { ...metrics, ...change(metrics) } } });
}

function withRecords(subject: Subject, change: (record: UsageRecord) => UsageRecord): Subject {
  return withStream(subject, (stream) => ({ normalize: (raw) => stream.normalize(raw).map(change) }));
}

function withHttp(subject: Subject, change: (http: Http, context: Context<unknown>) => Http): Subject {
  return withProvider(subject, {
    connect: (context) => subject.provider.connect({ ...context, http: change(context.http, context) }),
  });
}

function withoutRetries(http: Http): Http {
  return {
    ...http,
    send: (request, judge) =>
      http.send(request, (response, byStatus) => {
        const verdict = judge ? judge(response, byStatus) : byStatus;
        return verdict.action === 'retry' ? { action: 'fail', error: verdict.error } : verdict;
      }),
  };
}

function phantom(cell: Interval): UsageRecord {
  return {
    kind: 'RUNNING_VM',
    resource: { id: 'phantom' },
    period: cell,
    variables: { value: 1 },
    tenant: null,
    location: null,
    attributes: {},
    identity: [],
    fingerprint: () => 'phantom',
    raw: null,
  };
}
