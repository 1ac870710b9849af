import { openCmp } from '../cmp/client.ts';
import type { Platform } from '../connect.ts';
import { InvalidConfig } from '../errors.ts';
import type { ReportingSettings } from '../reporting.ts';
import { cmpState } from './cmp.ts';
import { fileState } from './file.ts';
import type { State } from './state.ts';

/** What a state may need of the place where it is opened: its clock, its network, its CMP. */
export interface StateSettings extends ReportingSettings {
  readonly platform: Platform;
}

/** Opens a state by its address: `file:DIR`, `dynamodb:TABLE` or `cmp:`. @throws InvalidConfig for any other. */
export async function openState(address: string, settings: StateSettings): Promise<State> {
  const { 1: kind, 2: place = '' } = /^(file|dynamodb|cmp):(.*)$/s.exec(address) ?? [];
  const now = settings.platform.clock.wire;
  if (kind === 'file' && place !== '') return fileState(place, { now });
  if (kind === 'dynamodb' && /^[\w.-]{3,255}$/.test(place)) return openDynamo(place, now);
  if (kind === 'cmp' && place === '') return openAtCmp(settings);
  throw new InvalidConfig('The state address is not known; known are file:DIR, dynamodb:TABLE and cmp:', {
    code: 'UNKNOWN_STATE',
  });
}

/** Loaded when it is configured: the client of DynamoDB is larger than all of ours. */
async function openDynamo(table: string, now: () => number): Promise<State> {
  const [{ dynamoClient }, { dynamoState }] = await Promise.all([
    import('../aws/dynamodb.ts'),
    import('./dynamodb.ts'),
  ]);
  const client = dynamoClient();
  return { ...dynamoState(table, { client, now }), close: () => client.destroy() };
}

function openAtCmp({ cmp, moduleId, platform }: StateSettings): State {
  if (cmp === null)
    throw new InvalidConfig('The state is cmp: and CMP_URL is not set', { code: 'CMP_MISSING' });
  if (moduleId === null)
    throw new InvalidConfig('The state is cmp: and CMP_MODULE_ID is not set', { code: 'CMP_MODULE_MISSING' });
  const opened = openCmp(cmp, platform);
  const state = cmpState({ cmp: opened.cmp, moduleId, now: platform.clock.wire });
  return { ...state, close: () => opened.close() };
}
