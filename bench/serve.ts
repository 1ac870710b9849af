import { startCloudStack } from '../simulators/cloudstack/server.ts';
import { say } from './processes.ts';
import { NOW, type Scene, START } from './scene.ts';

/** Serves the records of a scene until it is killed. */
export async function serveScene({ cells, latency, records }: Scene): Promise<void> {
  const synthetic = { recordsPerCell: records / cells, cells, start: START, latency };
  const { credentials } = await startCloudStack({
    seed: 1,
    zone: 'UTC',
    rangeMinutes: 1440,
    role: 'root-admin',
    synthetic,
    planNow: () => NOW,
  });
  say(credentials);
}
