import { InsufficientPermission, InvalidCredentials } from '../../lib/errors.ts';
import { DAY } from '../../lib/time.ts';
import type { CloudStackClient, Parameters } from './client.ts';
import { naiveDate } from './dates.ts';

/** What each command is for, in the words of whoever asks why something is missing. */
const wanted: readonly { readonly command: string; readonly purpose: string }[] = [
  { command: 'listUsageRecords', purpose: 'metrics' },
  { command: 'listVirtualMachines', purpose: 'servers' },
  { command: 'listVolumes', purpose: 'volumes' },
  { command: 'listNetworks', purpose: 'networks' },
  { command: 'listEvents', purpose: 'logs' },
  { command: 'listHosts', purpose: 'compute pools and their state' },
  { command: 'listAlerts', purpose: 'alerts' },
  {
    command: 'listConfigurations',
    purpose: 'the aggregation range and zone, which the account must set otherwise',
  },
  { command: 'listUsageServerMetrics', purpose: 'knowing early that usage is final' },
];

/**
 * Whether the keys are known, and what they may do: each command is asked for one row. (`listApis` would tell in
 * one call, and counts as one for every command it lists: sheet 4.4.)
 * @throws InvalidCredentials; InsufficientPermission when usage may not be read, naming all that is missing.
 */
export async function verifyAccess(client: CloudStackClient): Promise<{ readonly notes: readonly string[] }> {
  await client.release();
  const missing: { command: string; purpose: string }[] = [];
  for (const { command, purpose } of wanted) {
    if (!(await isAllowed(client, command))) missing.push({ command, purpose });
  }
  const notes = missing.map(
    ({ command, purpose }) => `${command} may not be called: ${purpose} will be missing`,
  );
  if (missing.some(({ command }) => command === 'listUsageRecords')) {
    const names = missing.map(({ command }) => command).join(', ');
    throw new InsufficientPermission(`The role of these keys may not call ${names}`, {
      code: 'COMMAND_NOT_AVAILABLE',
      hint: 'Ask the operator to allow at least listUsageRecords for the role of this key.',
    });
  }
  return { notes };
}

async function isAllowed(client: CloudStackClient, command: string): Promise<boolean> {
  try {
    await client.call(command, { ...parametersOf(command, client), page: '1', pagesize: '1' });
    return true;
  } catch (error) {
    // The keys are proved by now: what looks like unknown keys is an unknown command (sheet 1.5).
    if (error instanceof InsufficientPermission || error instanceof InvalidCredentials) return false;
    throw error;
  }
}

/** A span of no length finds nothing, and shows that it may be asked for. */
function parametersOf(command: string, { context }: CloudStackClient): Parameters {
  if (command !== 'listUsageRecords') return {};
  const now = naiveDate(Math.floor(context.clock.plan() / DAY) * DAY);
  return { startdate: now, enddate: now };
}
