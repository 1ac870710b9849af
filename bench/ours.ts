import { join } from 'node:path';
import { mapping, provider } from '../functions/cloudstack/index.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import { runMetrics } from '../lib/run.ts';
import { fileSink } from '../lib/sink/file.ts';
import { fileState } from '../lib/state/file.ts';
import { DAY } from '../lib/time.ts';
import { measured } from './processes.ts';
import { NOW, type Reading, START } from './scene.ts';

/** The whole pipeline to files. */
export async function readScene({ cells, credentials, folder }: Reading): Promise<void> {
  const subject = {
    id: 'bench',
    customer: null,
    resource: null,
    credentials: { ...credentials },
    credentialsPath: 'credentials',
    strictCredentials: true,
    poll: 3600,
  };
  const platform = {
    clock: { plan: () => NOW, wire: Date.now },
    signal: new AbortController().signal,
    log: { write: () => {}, level: 'error' as const },
    loopback: true,
    random: Math.random,
  };
  const target = {
    mapping: loadMapping(mapping, 'cloudstack.yaml'),
    sink: fileSink(folder),
    state: fileState(join(folder, 'state')),
    seed: null,
  };
  await measured(async () => {
    const range = { start: START, end: START + cells * DAY };
    const { windows } = await runMetrics(provider, subject, platform, target, { range });
    await target.sink.close();
    const sum = (of: (window: (typeof windows)[number]) => number) =>
      windows.reduce((all, window) => all + of(window), 0);
    return { records: sum(({ records }) => records), metrics: sum(({ metrics }) => metrics) };
  });
}
