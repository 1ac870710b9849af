import { type Millis, SECOND } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import { snapshotKeys, taskKeys, whole } from './keys.ts';
import type { Settings } from './options.ts';
import { isoText, type Row } from './row.ts';
import { cuid } from './world.ts';

/** What is being done at the tower: a task becomes done with time, by the machine's own clock. */
export interface Tasks {
  rows(): Row[];
  snapshots(): Row[];
  /** Begins to take a snapshot; one whose name holds `fail` fails. */
  snapshot(vm: { readonly id: string; readonly name: string }, name: string, consistent: string): Row;
}

/** How long each takes. */
const TAKES: Millis = 40;

interface Begun {
  readonly id: string;
  readonly at: Millis;
  readonly snapshot: Row;
  readonly fails: boolean;
}

export function tasksOf({ seed, planNow }: Settings): Tasks {
  const begun: Begun[] = [];
  return {
    rows: () => begun.map((one) => taskRow(one, planNow())),
    snapshots: () => begun.filter((one) => isDone(one) && !one.fails).map(({ snapshot }) => snapshot),
    snapshot(vm, name, consistent) {
      const number = begun.length + 1;
      const row = {
        ...whole(snapshotKeys, {
          name,
          vm,
          consistent_type: consistent,
          description: '',
          size: 0,
          local_created_at: isoText(planNow()),
          local_id: uuidOf(seed, 'snapshot', number),
          vm_disks: [
            { type: 'DISK', size: 1024 ** 3, snapshot_local_id: uuidOf(seed, 'lun', number) },
            { type: 'CD_ROM', size: 0, snapshot_local_id: null },
          ],
        }),
        id: cuid('snp', number, seed),
      };
      const task = { id: cuid('tsk', number, seed), at: Date.now(), snapshot: row, fails: /fail/.test(name) };
      begun.push(task);
      return { id: task.id, task_id: task.id, data: row } as Row;
    },
  };
}

function isDone({ at }: Begun): boolean {
  return Date.now() - at >= TAKES;
}

function taskRow(one: Begun, now: Millis): Row {
  const done = isDone(one);
  return {
    ...whole(taskKeys, {
      args: {},
      description: 'Create snapshot',
      internal: false,
      local_created_at: isoText(now),
      // Also of a task that is done, as was seen: never an end (sheet 5).
      progress: 0,
      snapshot: '{}',
      steps: [],
      started_at: isoText(now - SECOND),
      resource_id: one.snapshot.id,
      status: done ? (one.fails ? 'FAILED' : 'SUCCESSED') : 'EXECUTING',
      error_message: done && one.fails ? '{"code":"EXAMPLE_ERROR"}' : null,
    }),
    id: one.id,
  };
}
