import type { Maybe } from './fields.ts';

/** The provider's ids of connected resources, by type; `type` names any other type. */
export interface ConnectionFields {
  /** A resource type such as `compute_pool`; `any` keeps its entries as they are. */
  readonly type?: Maybe<string>;
  readonly connections?: Maybe<readonly unknown[]>;
  readonly appliances?: Maybe<readonly string[]>;
  readonly servers?: Maybe<readonly string[]>;
  readonly networks?: Maybe<readonly string[]>;
  readonly volumes?: Maybe<readonly string[]>;
}

/** Resource type → `{id}` of each connected resource; a type without any is left out. */
export type Connections = Readonly<Record<string, readonly unknown[]>>;

/** Several fields add up, so that more than one type without a field of its own can be named. */
export function connections(fields: ConnectionFields | readonly ConnectionFields[]): Connections {
  const byType = new Map<string, unknown[]>();
  for (const [type, entries] of [fields].flat().flatMap(typed)) {
    if (entries.length === 0) continue;
    byType.set(type, [...(byType.get(type) ?? []), ...entries.map((id) => (type === 'any' ? id : { id }))]);
  }
  return Object.fromEntries(byType);
}

/** In the order of the wire. */
function typed(fields: ConnectionFields): [type: string, entries: readonly unknown[]][] {
  const other = fields.type ? fields.connections : null;
  return [
    [fields.type ?? '', other ?? []],
    ['appliance', fields.appliances ?? []],
    ['server', fields.servers ?? []],
    ['network', fields.networks ?? []],
    ['volume', fields.volumes ?? []],
  ];
}
