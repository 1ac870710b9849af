import type { Platform } from '../connect.ts';
import { InvalidConfig } from '../errors.ts';
import type { ReportingSettings } from '../reporting.ts';
import { fileState } from './file.ts';
import type { State } from './state.ts';

/** What a state may need of the place where it is opened: its clock, its network, its CMP. */
export interface StateSettings extends ReportingSettings {
  readonly platform: Platform;
}

/** Opens a state by its address: `file:DIR`. @throws InvalidConfig for any other. */
export async function openState(address: string, _settings: StateSettings): Promise<State> {
  const folder = /^file:(.+)$/s.exec(address)?.[1];
  if (folder !== undefined) return fileState(folder);
  throw new InvalidConfig('The state address is not known; known is file:DIR', { code: 'UNKNOWN_STATE' });
}
