import { type CmpSettings, cmpSecrets, createCmp } from './cmp.ts';
import { cmpLogWriter } from './cmp-log.ts';
import type { Platform } from './connect.ts';
import { createHttp } from './http.ts';
import type { SyncJob } from './job.ts';
import { createLog, type Log } from './log.ts';
import { createProgress } from './progress.ts';
import { createRedactor, type Redact } from './redact.ts';

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
  const redact = createRedactor(secrets);
  // What is logged about the CMP stays here: sent there, each line would make another.
  const log = createLog({ ...platform.log, redact, now: platform.clock.wire, fields: {} });
  const http = httpOf(settings.cmp, platform, log, redact);
  const cmp = createCmp({ ...settings.cmp, http, log });
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
      http.close();
    },
  };
}

/** A client of the CMP's own: the run's deadline must not cut off the last word about it. */
function httpOf(cmp: CmpSettings, platform: Platform, log: Log, redact: Redact) {
  const { clock, loopback, proxyFor, random } = platform;
  return createHttp({
    origins: [cmp.url],
    tls: { verify: true },
    signal: new AbortController().signal,
    clock,
    log,
    redact,
    loopback,
    random,
    ...(proxyFor ? { proxyFor } : {}),
  });
}
