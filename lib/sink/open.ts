import { InvalidConfig } from '../errors.ts';
import { fileSink } from './file.ts';
import type { Sink } from './sink.ts';

/** Opens a sink by its address: `file:DIR`. @throws InvalidConfig for any other. */
export function openSink(address: string): Sink {
  const folder = /^file:(.+)$/s.exec(address)?.[1];
  if (folder !== undefined) return fileSink(folder);
  throw new InvalidConfig('The sink address is not known; known is file:DIR', { code: 'UNKNOWN_SINK' });
}
