import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudKittyClient, cloudKittyClient } from '../../../functions/cloudkitty/client.ts';
import { mapping, provider } from '../../../functions/cloudkitty/index.ts';
import { cloudKittyConfig } from '../../../functions/cloudkitty/types.ts';
import type { Transport } from '../../../lib/http.ts';
import { loadMapping } from '../../../lib/mapping/load.ts';
import { runStream, type StreamName, type SyncOptions } from '../../../lib/run.ts';
import { fileSink } from '../../../lib/sink/file.ts';
import { fileState } from '../../../lib/state/file.ts';
import { DAY, type Interval, type Millis } from '../../../lib/time.ts';
import type { CloudKittyOptions } from '../../../simulators/cloudkitty/options.ts';
import { type CloudKittySimulator, startCloudKitty } from '../../../simulators/cloudkitty/server.ts';
import { contextOf, kept, NOW, signal } from '../../support/connected.ts';

export const DAY_ONE = Date.UTC(2026, 10, 18);

type Credentials = Readonly<Record<string, unknown>>;

export { NOW, signal };

export const dayAt = (start: Millis): Interval => ({ start, end: start + DAY });

/** A simulator that the test need not close, the planning clock held. */
export async function simulated(options: CloudKittyOptions = {}): Promise<CloudKittySimulator> {
  const cloud = await startCloudKitty({ planNow: () => NOW, wireNow: Date.now, ...options });
  kept(cloud);
  return cloud;
}

/** A client with these credentials. */
export function clientOf(credentials: Credentials, transport?: Transport): CloudKittyClient {
  const config = cloudKittyConfig.parse(credentials);
  return cloudKittyClient(
    contextOf(
      config,
      provider.origins(config),
      // What was recorded is the same however often it is asked for.
      transport ? { transport, attempts: 1 } : {},
    ),
  );
}

/** All rows of a fetch. */
export async function rowsOf(
  pages: AsyncIterable<{ readonly rows: readonly unknown[] }>,
): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { rows } of pages) all.push(...rows);
  return all;
}

/** An account of its own folder, run by the engine as the command line would. */
export function account(credentials: Credentials, mappingText = mapping) {
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-cloudkitty-'));
  kept({ close: () => rmSync(folder, { recursive: true, force: true }) });
  const subject = {
    id: 'acme',
    customer: null,
    resource: null,
    credentials,
    credentialsPath: 'event.credentials',
    strictCredentials: true,
    poll: 3600,
  };
  const logs: string[] = [];
  return {
    logs,
    run: (name: StreamName, now: Millis, options: SyncOptions = {}) =>
      runStream(
        provider,
        name,
        subject,
        {
          clock: { plan: () => now, wire: Date.now },
          signal,
          log: { write: (line) => logs.push(line), level: 'info' },
          loopback: true,
          random: () => 0,
        },
        {
          mapping: loadMapping(mappingText, 'mapping.yaml'),
          sink: fileSink(folder),
          state: fileState(join(folder, 'state')),
          seed: null,
        },
        { retryNow: true, ...options },
      ),
    files: (place: string) => filesIn(join(folder, place)).map((file) => file.slice(folder.length + 1)),
    read: (file: string) => readFileSync(join(folder, file), 'utf8'),
  };
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) =>
      entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)],
    );
  } catch {
    return [];
  }
}
