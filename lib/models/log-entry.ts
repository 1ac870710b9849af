import { requireDatetime } from './datetime.ts';
import { given, type Maybe, requireOneOf, requireText } from './fields.ts';

const severities = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'] as const;

export type Severity = (typeof severities)[number];

export interface LogEntryFields {
  readonly message: string;
  readonly severity: Severity;
  /** Any form that `convertDatetime` reads. */
  readonly time: string;
  readonly service?: Maybe<string>;
  readonly source_host?: Maybe<string>;
}

/** A line of the provider's own log or event list. */
export interface LogEntry {
  readonly message: string;
  readonly severity: Severity;
  readonly time: string;
  readonly service?: string;
  readonly source_host?: string;
}

/** @throws MalformedResponse for an empty message, an unknown severity, or a time that is missing or none. */
export function logEntry({ message, severity, time, service, source_host }: LogEntryFields): LogEntry {
  return {
    message: requireText(message, 'A log entry', 'message'),
    severity: requireOneOf(severity, severities, 'A log entry', 'severity'),
    time: requireDatetime(time, 'A log entry: time'),
    ...given({ service, source_host }),
  };
}
