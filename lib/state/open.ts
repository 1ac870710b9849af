import { InvalidConfig } from '../errors.ts';
import { fileState } from './file.ts';
import type { State } from './state.ts';

/** Opens a state by its address: `file:DIR`. @throws InvalidConfig for any other. */
export function openState(address: string): State {
  const folder = /^file:(.+)$/s.exec(address)?.[1];
  if (folder !== undefined) return fileState(folder);
  throw new InvalidConfig('The state address is not known; known is file:DIR', { code: 'UNKNOWN_STATE' });
}
