import type { SyncJob } from '../lib/job.ts';
import { writeToStderr } from './platform.ts';

/** How long a reader waits for a sign of life, in milliseconds. */
const QUIET = 1000;

/** Progress of one account as lines on stderr: at the end of a plan, and at most once a second before. */
export function progressLines(account: string): SyncJob<unknown>['report'] {
  let spoken = performance.now();
  return ({ done, partition, planned, window }) => {
    if (done < planned && performance.now() - spoken < QUIET) return;
    spoken = performance.now();
    const place = partition === 'all' ? account : `${account}/${partition}`;
    writeToStderr(`${place}: ${done} of ${planned} cells, up to ${window.end}`);
  };
}
