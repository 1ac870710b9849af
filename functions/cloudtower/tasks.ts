import { type ErrorDetails, ProviderUnavailable } from '../../lib/errors.ts';
import { pause } from '../../lib/http/retry.ts';
import { SECOND } from '../../lib/time.ts';
import type { CloudTowerClient } from './client.ts';
import { listAll } from './listing.ts';
import { towerTask } from './rows.ts';

export interface WaitOptions {
  /** Seconds between two looks; 5. */
  readonly interval?: number;
  /** Seconds altogether; 300. */
  readonly timeout?: number;
  /** Ends with the first task that fails, instead of waiting for the others. */
  readonly exitOnError?: boolean;
}

/**
 * Tasks that failed (500) or are not done in time (408). The numbers are the vendor's own for its callers; no HTTP
 * answer carries them (sheet 5).
 */
export class TasksNotDone extends ProviderUnavailable {
  readonly status: 408 | 500;
  constructor(status: 408 | 500, message: string, details: ErrorDetails) {
    super(message, details);
    this.status = status;
  }
}

/**
 * Waits until all tasks have succeeded. Null ids are those of operations that were done at once; a task that the
 * tower does not know (yet) counts as pending, and a paused one keeps waiting. Failures are collected and thrown
 * together at the end.
 * @throws TasksNotDone
 */
export async function waitTasks(
  client: CloudTowerClient,
  ids: readonly (string | null | undefined)[],
  { interval = 5, timeout = 300, exitOnError = false }: WaitOptions = {},
): Promise<void> {
  const { clock, signal } = client.context;
  const open = new Set(ids.filter((id) => typeof id === 'string' && id !== '') as string[]);
  const failures: string[] = [];
  const deadline = clock.wire() + timeout * SECOND;
  while (open.size > 0) {
    if (clock.wire() > deadline) throw late(open, failures);
    for (const task of await listAll(client, 'get-tasks', towerTask, signal, { id_in: [...open] })) {
      if (task.status === 'FAILED') failures.push(`${task.id}: ${reasonOf(task)}`);
      if (task.status === 'FAILED' || task.status === 'SUCCESSED') open.delete(task.id);
    }
    if (failures.length > 0 && (exitOnError || open.size === 0)) throw failed(failures);
    if (open.size > 0) await pause(interval * SECOND, signal);
  }
}

function reasonOf(task: {
  error_message?: string | null | undefined;
  error_code?: string | null | undefined;
}): string {
  return task.error_message || task.error_code || 'no reason given';
}

function failed(failures: readonly string[]): TasksNotDone {
  const hint = "Look at the task in the tower's own list.";
  return new TasksNotDone(500, `Tasks failed: ${failures.join('; ')}`, { code: 'TASK_FAILED', hint });
}

function late(open: ReadonlySet<string>, failures: readonly string[]): TasksNotDone {
  const others = failures.length > 0 ? `; failed meanwhile: ${failures.join('; ')}` : '';
  return new TasksNotDone(408, `Tasks are not done in time: ${[...open].join(', ')}${others}`, {
    code: 'TASK_TIMEOUT',
    hint: 'They go on at the tower: wait for the same ids again.',
  });
}
