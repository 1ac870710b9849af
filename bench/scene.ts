import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, type Millis } from '../lib/time.ts';
import { firstLine, startRole, type Used } from './processes.ts';

/** Records that a server on loopback has, each part of a measurement in a process of its own. */
export interface Scene {
  readonly records: number;
  readonly cells: number;
  /** Milliseconds that every answer takes longer. */
  readonly latency: Millis;
}

export interface Credentials {
  readonly url: string;
  readonly api_key: string;
  readonly secret_key: string;
}

/** What a process is told that reads a scene. */
export interface Reading extends Scene {
  readonly credentials: Credentials;
  readonly folder: string;
}

/** What the floor is told besides: it writes as many lines of the same size. */
export interface FloorReading extends Reading {
  readonly lines: number;
  readonly bytes: number;
}

export interface Ours extends Used {
  readonly records: number;
  readonly metrics: number;
  /** Bytes of all that it delivered. */
  readonly bytes: number;
}

/** The first cell of every scene. */
export const START: Millis = Date.UTC(2026, 0, 1);

/** Long after the data: every cell is complete. */
export const NOW: Millis = START + 400 * DAY;

/** Measures on one server: ours, and the floor that does what cannot be left out. */
export async function onServer<Result>(
  scene: Scene,
  work: (runs: { ours(): Promise<Ours>; floor(whole: Ours): Promise<Used> }) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'usage-sync-bench-'));
  const server = startRole('serve', scene);
  try {
    const credentials = await firstLine<Credentials>(server);
    let runs = 0;
    const told = (): Reading => {
      runs += 1;
      const own = join(folder, String(runs));
      mkdirSync(own);
      return { ...scene, credentials, folder: own };
    };
    return await work({
      async ours() {
        const reading = told();
        const said = await firstLine<Ours>(startRole('ours', reading));
        if (said.records !== scene.records) throw new Error(`${said.records} of ${scene.records} were read`);
        return { ...said, bytes: bytesIn(join(reading.folder, 'metrics/bench/all')) };
      },
      floor: ({ bytes, metrics }) =>
        firstLine<Used>(startRole('floor', { ...told(), lines: metrics, bytes } satisfies FloorReading)),
    });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
