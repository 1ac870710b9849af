/** A process of proof R9: works on each event it is sent, as an invocation would; stops itself where it is told. */
import { join } from 'node:path';
import { dynamoClient } from '../lib/aws/dynamodb.ts';
import { SyncError } from '../lib/errors.ts';
import { runMetrics } from '../lib/run.ts';
import { folderStore } from '../lib/sink/folder.ts';
import { layoutSink } from '../lib/sink/layout.ts';
import type { Sink } from '../lib/sink/sink.ts';
import { dynamoState } from '../lib/state/dynamodb.ts';
import { fileState } from '../lib/state/file.ts';
import { type State, UNFENCED } from '../lib/state/state.ts';
import { HOUR, type Millis, parseInstant } from '../lib/time.ts';
import { heldPlatform, memoryCloud, memoryMapping, memorySubject } from '../test/support/memory-cloud.ts';
import { type Done, FIRST, type Round, type Said, type Stop } from './r09-round.ts';
import { expiringState, unguardedState } from './r09-states.ts';

const client = dynamoClient();
process.on('message', (round: Round) => void work(round).then(say));
process.on('disconnect', () => process.exit());

void say('ready');

async function work(round: Round): Promise<Done> {
  const { amount } = round;
  const stopAt = stopping(round.stop);
  const committed: Millis[] = [];
  const cloud = memoryCloud();
  cloud.rows = round.cells.map((start) => ({ id: 'vm', start, end: start + HOUR, amount: round.amount }));
  cloud.settledUntil = round.now;
  cloud.onFetch = () => stopAt('fetched');
  const platform = heldPlatform(round.now);
  const wire = () => Date.now() + round.ahead;
  const target = {
    mapping: memoryMapping,
    sink: sinkOf(round, stopAt),
    state: stoppable(stateOf(round, wire), stopAt),
    seed: FIRST,
  };
  const options = {
    retryNow: true,
    report: ({ window }: { window: { start: string } }) =>
      void committed.push(parseInstant(window.start) ?? 0),
  };
  try {
    const there = { ...platform, clock: { plan: platform.clock.plan, wire } };
    const { status } = await runMetrics(cloud.provider, memorySubject, there, target, options);
    return { amount, committed, status, error: null };
  } catch (error) {
    const { name, message } = error as Error;
    return {
      amount,
      committed,
      status: null,
      error: { name, message, code: error instanceof SyncError ? error.code : '' },
    };
  }
}

type StopAt = (stop: Stop) => Promise<void>;

/** Stops the whole process, once: nothing of it runs, not even what would keep its lease. */
function stopping(wanted: Stop | null): StopAt {
  let stopped = false;
  return async (stop) => {
    if (stop !== wanted || stopped) return;
    stopped = true;
    await say('stopping');
    process.kill(process.pid, 'SIGSTOP');
  };
}

function stateOf({ folder, keeping, sharing, table }: Round, now: () => Millis): State {
  const files = join(folder, keeping, 'state');
  if (sharing === 'no lease') return unguardedState(files);
  if (sharing === 'no fence') return expiringState(files, now);
  return keeping === 'file' ? fileState(files, { now }) : dynamoState(table, { client, now });
}

function stoppable(state: State, stopAt: StopAt): State {
  return {
    ...state,
    async acquire(key) {
      const lease = await state.acquire(key);
      if (lease === null) return null;
      const commit: typeof lease.commit = async (next) => {
        await stopAt('commit');
        await lease.commit(next);
        await stopAt('committed');
      };
      return { ...lease, commit };
    },
  };
}

function sinkOf({ folder, keeping, sharing }: Round, stopAt: StopAt): Sink {
  const store = folderStore(join(folder, keeping));
  const sink = layoutSink({
    ...store,
    write(name, content, condition) {
      const check = async () => {
        await condition?.check?.();
        if (name.startsWith('metrics/')) await stopAt('write');
      };
      return store.write(name, content, { ...condition, check });
    },
  });
  return {
    ...sink,
    async deliver(batch) {
      await stopAt('deliver');
      return sink.deliver(sharing === 'a sink that asks nobody' ? { ...batch, fence: UNFENCED } : batch);
    },
  };
}

function say(said: Said): Promise<void> {
  return new Promise((resolve) => process.send?.(said, () => resolve()));
}
