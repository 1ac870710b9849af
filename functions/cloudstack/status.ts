import { MalformedResponse } from '../../lib/errors.ts';
import { type StatusItem, type StatusLevel, statusItem } from '../../lib/models/status.ts';
import type { Snapshot, SnapshotRequest, SnapshotStream } from '../../lib/provider.ts';
import { DAY, formatInstant, type Millis } from '../../lib/time.ts';
import type { CloudStackClient, Parameters } from './client.ts';
import { listById, type Rows, readRows, whereAllowed } from './listings.ts';
import { instantOf } from './normalize.ts';
import { cloudStackAlert, cloudStackHost, cloudStackSystemVm, cloudStackZone } from './resource-types.ts';

/**
 * How the cloud is: the state of every zone, host and system VM now, and the alerts of the last 24 hours. An
 * alert never says that its cause is gone; older ones would make every cloud look ill for ever.
 */
export const statusStream: SnapshotStream<CloudStackClient, StatusItem> = { collect: collectStatus };

async function collectStatus(
  client: CloudStackClient,
  { now, signal }: SnapshotRequest,
): Promise<Snapshot<StatusItem>> {
  const notes: string[] = [];
  const ask = (missing: string, command: string, parameters: Parameters = {}) =>
    whereAllowed(notes, missing, listById(client, command, parameters, signal));
  const zones = await ask('The state of zones is missing', 'listZones');
  const hosts = await ask('The state of hosts is missing', 'listHosts', { type: 'Routing', details: 'min' });
  const systemVms = await ask('The state of system VMs is missing', 'listSystemVms');
  const alerts = await ask('Alerts are missing', 'listAlerts');
  const time = formatInstant(now);
  return {
    items: [
      ...(zones ? zoneStates(zones, time) : []),
      ...(hosts ? hostStates(hosts, time) : []),
      ...(systemVms ? systemVmStates(systemVms, time) : []),
      ...(alerts ? recentAlerts(alerts, now) : []),
    ],
    notes,
  };
}

function zoneStates(rows: Rows, time: string): StatusItem[] {
  return readRows(cloudStackZone, 'listZones', rows).map(({ id, name, allocationstate }) =>
    item(allocationstate === 'Enabled' ? 0 : 1, time, `Zone ${name || id}: ${allocationstate || 'unknown'}`),
  );
}

function hostStates(rows: Rows, time: string): StatusItem[] {
  return readRows(cloudStackHost, 'listHosts', rows).map(({ id, name, state, resourcestate }) => {
    const well = state === 'Up' && resourcestate === 'Enabled';
    const level = down.has(state ?? '') ? 2 : well ? 0 : 1;
    return item(level, time, `Host ${name || id}: ${state || 'unknown'}, ${resourcestate || 'unknown'}`);
  });
}

/** A system VM also has an agent, which newer releases show; the worse of the two counts. */
function systemVmStates(rows: Rows, time: string): StatusItem[] {
  return readRows(cloudStackSystemVm, 'listSystemVms', rows).map((vm) => {
    const agent = vm.agentstate || 'Up';
    const passing = moving.has(vm.state ?? '');
    const stopped = (vm.state !== 'Running' && !passing) || down.has(agent);
    const level = stopped ? 2 : passing || agent !== 'Up' ? 1 : 0;
    const shown = [vm.state || 'unknown', ...(vm.agentstate ? [`agent ${vm.agentstate}`] : [])].join(', ');
    return item(level, time, `System VM ${vm.name || vm.id}: ${shown}`);
  });
}

/** States in which a host or an agent does not answer. */
const down: ReadonlySet<string> = new Set(['Down', 'Alert', 'Disconnected', 'Error']);
/** States of a system VM that pass by themselves. */
const moving: ReadonlySet<string> = new Set(['Starting', 'Stopping', 'Migrating']);

/** CloudStack's numbers for alerts that say something is down: a host, a management server. */
const critical: ReadonlySet<number> = new Set([7, 14]);

/** The command knows no dates: all are read, and those of the last day count, the most recent first. */
function recentAlerts(rows: Rows, now: Millis): StatusItem[] {
  return readRows(cloudStackAlert, 'listAlerts', rows)
    .map((alert) => ({ ...alert, at: sentAt(alert) }))
    .filter(({ at }) => at >= now - DAY)
    .sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1))
    .map(({ at, type, description, name }) =>
      item(critical.has(type) ? 2 : 1, formatInstant(at), description || name || `Alert of type ${type}`),
    );
}

function sentAt({ id, sent }: { id: string; sent: string }): Millis {
  const at = instantOf(sent);
  if (at === null) throw new MalformedResponse(`listAlerts "${id}".sent: not a date with an offset`);
  return at;
}

function item(level: StatusLevel, time: string, reason: string): StatusItem {
  return statusItem({ level, time, source: 'cloudstack', reason });
}
