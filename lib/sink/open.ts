import type { Platform } from '../connect.ts';
import { InvalidConfig } from '../errors.ts';
import { createLog } from '../log.ts';
import type { ReportingSettings } from '../reporting.ts';
import type { StreamName } from '../run.ts';
import { cmpSink } from './cmp.ts';
import { fileSink } from './file.ts';
import type { Sink } from './sink.ts';

/** What a sink may need of the place where it is opened: its clock, its network, its CMP. */
export interface SinkSettings extends ReportingSettings {
  readonly platform: Platform;
  /** Of an S3-compatible store in the place of AWS. */
  readonly s3Endpoint?: string | undefined;
}

/**
 * Opens a sink by its address: `file:DIR`, `s3://bucket/prefix`, `cmp:`.
 * @throws InvalidConfig for any other, and for `cmp:` without the settings of a CMP
 */
export async function openSink(address: string, settings: SinkSettings): Promise<Sink> {
  const folder = /^file:(.+)$/s.exec(address)?.[1];
  if (folder !== undefined) return fileSink(folder);
  if (address === 'cmp:') return cmpSink(settings);
  if (/^s3:/.test(address)) {
    const { s3Sink } = await import('./s3.ts'); // the AWS client is loaded where it is used only
    return s3Sink(address, { endpoint: settings.s3Endpoint, warn: warning(settings.platform) });
  }
  throw new InvalidConfig('The sink address is not known; known are file:DIR, s3://bucket/prefix and cmp:', {
    code: 'UNKNOWN_SINK',
  });
}

/** Whether a sink takes a stream. What `cmp:` does not take, the CMP collects from what a handler returns. */
export function takesStream(address: string, stream: StreamName): boolean {
  return address !== 'cmp:' || stream === 'metrics';
}

function warning({ log, clock }: Platform): (message: string) => void {
  return createLog({ ...log, redact: (text) => text, now: clock.wire, fields: {} }).warn;
}
