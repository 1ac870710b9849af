import { requireDatetime } from './datetime.ts';
import { given, type Maybe, requireOneOf } from './fields.ts';

const levels = [0, 1, 2] as const;

/** 0 ok, 1 warning, 2 critical. */
export type StatusLevel = (typeof levels)[number];

export interface StatusFields {
  readonly level: StatusLevel;
  /** Any form that `convertDatetime` reads. */
  readonly time: string;
  readonly source?: Maybe<string>;
  readonly reason?: Maybe<string>;
  /** The CMP's id of the resource concerned. */
  readonly resource_id?: Maybe<string>;
}

export interface StatusItem {
  readonly level: StatusLevel;
  readonly time: string;
  readonly source?: string;
  readonly reason?: string;
  readonly resource_id?: string;
}

/** @throws MalformedResponse for a level of no known meaning, or a time that is missing or none. */
export function statusItem({ level, time, source, reason, resource_id }: StatusFields): StatusItem {
  return {
    level: requireOneOf(level, levels, 'A status', 'level'),
    time: requireDatetime(time, 'A status: time'),
    ...given({ source, reason, resource_id }),
  };
}
