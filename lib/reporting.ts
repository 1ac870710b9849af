import { openCmp } from './cmp/client.ts';
import { cmpLogWriter } from './cmp/log.ts';
import { type CmpSettings, cmpSecrets } from './cmp.ts';
import type { Platform } from './connect.ts';
import type { SyncJob } from './job.ts';
import { createProgress } from './progress.ts';

/** Who is told how a run goes, when there is anybody: the CMP's task, and its log of our module. */
export interface ReportingSettings {
  readonly cmp: CmpSettings | null;
  /** The CMP's id of our module; without one, logs stay with the platform. */
  readonly moduleId: string | null;
}

/** The CMP's ear for one run. Nothing here fails a run, or waits within one. */
export interface Reporting {
  /** The platform, with its log going to the CMP where there is a module, and the CMP's secrets kept. */
  readonly platform: Platform;
  readonly report: SyncJob<unknown>['report'];
  /** Everything is stored: 100 %. */
  finished(): Promise<void>;
  /** Gives back what was opened; without `finished`, the task stays where it is. */
  close(): Promise<void>;
}

export function openReporting(
  settings: ReportingSettings,
  taskId: string | null,
  platform: Platform,
): Reporting {
  if (settings.cmp === null)
    return { platform, report: () => {}, finished: async () => {}, close: async () => {} };
  const secrets = cmpSecrets(settings.cmp.auth);
  const { cmp, log, close } = openCmp(settings.cmp, platform);
  const update = taskId === null ? null : (percentage: number) => cmp.updateTask(taskId, percentage);
  const progress = createProgress({ update, now: platform.clock.wire, log });
  const logs =
    settings.moduleId === null
      ? null
      : cmpLogWriter({ cmp, moduleId: settings.moduleId, otherwise: platform.log.write });
  const write = logs === null ? platform.log.write : (line: string) => logs.write(line);
  return {
    platform: {
      ...platform,
      log: { ...platform.log, write },
      secrets: [...(platform.secrets ?? []), ...secrets],
    },
    report: ({ done, planned, partitions }) =>
      progress.report(partitions.done + done / planned, partitions.all),
    finished: () => progress.finished(),
    async close() {
      await progress.stop();
      await logs?.flush();
      close();
    },
  };
}
