/** A process of proof R1: one sync, as the command would do it; dies where it is told, or whenever it is killed. */
import { join } from 'node:path';
import { fileSink } from '../lib/sink/file.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { fileState } from '../lib/state/file.ts';
import type { State } from '../lib/state/state.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { asItCame, changed } from './cloudstack-run.ts';
import { checkpointFirst, lockedForEver } from './r01-designs.ts';
import { counting, die, type Reached, watchFiles } from './r01-moments.ts';
import type { Done, Round, Said } from './r01-round.ts';
import { addingSink } from './r11-sinks.ts';
import { syncOnce } from './sync-once.ts';

let inFiles: Reached = () => false;
watchFiles((deed, when) => inFiles(deed, when)); // once: a process may do several runs
process.on('message', (round: Round) => void work(round).then(say));
process.on('disconnect', () => process.exit());

void say('ready');

async function work(round: Round): Promise<Done> {
  const { backfill, credentials, now, since } = round;
  const reached = counting(round.moment);
  try {
    const { sink, state } = await opened(round, reached);
    await say('working');
    const { status } = await syncOnce(reading(reached), {
      ...{ mapping: asItCame, credentials, now, backfill },
      target: { sink, state, seed: since },
      lookback: (40 * DAY) / SECOND,
    });
    if (status !== 'busy') await sink.recordRun?.(`of-${now}`, { status });
    await sink.close();
    return { status };
  } catch (error) {
    return { status: String(error) };
  }
}

async function opened(round: Round, reached: Reached): Promise<{ sink: Sink; state: State }> {
  const { keeping, place, safety } = round;
  const wire = () => Date.now() + round.ahead;
  if (keeping === 'cloud') return (await import('./r01-cloud.ts')).inTheCloud(round, wire, reached);
  inFiles = reached;
  const state = fileState(join(place, 'state'), { now: wire });
  const sink = fileSink(place);
  if (safety === 'checkpoint first') return checkpointFirst(sink, state);
  if (safety === 'appends') return { sink: addingSink(sink, place), state };
  if (safety === 'a lock without end') return { sink, state: lockedForEver(join(place, 'state')) };
  return { sink, state };
}

/** CloudStack, whose pages are deeds as well: asked for and not there yet, read and not the last. */
function reading(reached: Reached) {
  return changed((stream) => ({
    async *fetch(client, request) {
      const pages = stream.fetch(client, request)[Symbol.asyncIterator]();
      for (;;) {
        const next = pages.next();
        if (reached('page', 'half')) setTimeout(die, 1);
        const { done, value } = await next;
        if (done) return;
        if (reached('page', 'after')) die();
        yield value;
      }
    },
  }));
}

function say(said: Said): Promise<void> {
  return new Promise((resolve) => process.send?.(said, () => resolve()));
}
