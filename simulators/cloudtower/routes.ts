import type { Gate } from './gate.ts';
import { count, matching, page } from './listing.ts';
import { measurements } from './measurements.ts';
import { refusal } from './refusal.ts';
import { stub } from './row.ts';
import type { Tower } from './tower.ts';
import type { Named } from './world.ts';

export interface Call {
  readonly method: string;
  /** Behind `/v2/api/`, or `graphql`. */
  readonly operation: string;
  readonly token: string | undefined;
  readonly language: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Operations whose answers are in no language: they know no such header (sheet 1.4). */
const withoutLanguage = /-metrics$|^get-cluster-storage-info$|^get-my-info$/;

/** The answer to a call. @throws Refusal */
export function answer(tower: Tower, gate: Gate, call: Call): unknown {
  const { operation, body } = call;
  if (operation === 'graphql') return gate.strategies();
  if (operation === 'get-version') return version(tower, call);
  if (call.method !== 'POST') throw refusal(404, 'Not Found');
  if (operation === 'login') return gate.login(body);
  gate.admit(call.token);
  if (call.language !== undefined && withoutLanguage.test(operation))
    throw refusal(400, 'content-language is not known');
  refuseForbidden(tower, operation);
  if (operation.endsWith('-connection')) return count(tower, operation, body);
  if (operation === 'create-vm-snapshot') return snapshots(tower, body);
  if (/^get-vm(-network)?-metrics$/.test(operation)) return measurements(tower, operation, body);
  return page(tower, operation, body);
}

function version({ settings }: Tower, { method }: Call): unknown {
  const [major = 0, minor = 0] = settings.version.split('.').map(Number);
  if (method !== 'GET' || major < 2 || (major === 2 && minor < 3)) throw refusal(404, 'Not Found');
  return settings.version;
}

function refuseForbidden({ faults }: Tower, operation: string): void {
  const forbidden =
    faults.has('no-permission') ||
    (faults.has('no-audit') && operation === 'get-user-audit-logs') ||
    (faults.has('no-metrics') && operation.endsWith('-metrics'));
  if (forbidden) throw refusal(403, 'PERMISSION_DENIED');
}

interface Wanted {
  readonly vm_id: string;
  readonly name: string;
  readonly consistent_type: string;
}

function snapshots(tower: Tower, { data }: Call['body']): unknown {
  if (!Array.isArray(data)) throw refusal(400, 'data should be array');
  return (data as Wanted[]).map(({ vm_id, name, consistent_type }) => {
    const [vm] = matching(tower, 'get-vms', { id: vm_id });
    if (!vm) throw refusal(404, 'VM not found');
    const { task_id, data } = tower.tasks.snapshot(stub(vm as unknown as Named), name, consistent_type);
    return { task_id, data };
  });
}
