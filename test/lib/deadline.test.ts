import { once } from 'node:events';
import { expect, it } from 'vitest';
import { deadlineWithin, outOfTime } from '../../lib/deadline.ts';
import { BudgetTooSmall } from '../../lib/errors.ts';

it('keeps a fifth in reserve, and says what to change when nothing was done', async () => {
  const { signal } = deadlineWithin(50);
  await once(signal, 'abort');
  const reason = outOfTime(signal);
  expect(reason).toBeInstanceOf(BudgetTooSmall);
  expect(reason?.message).toBe('Nothing could be completed within 0.0 s');
  expect(reason?.hint).toMatch(/`timeout`.*`memorySize`.*`usage_aggregation_range`/);
});

it('is not mistaken for a person, or for time that is left', () => {
  const stopped = AbortSignal.abort(new Error('Stopped by a signal'));
  const { cancel, signal } = deadlineWithin(60_000);
  expect([outOfTime(stopped), outOfTime(signal)]).toEqual([null, null]);
  cancel();
});

it('is listened to by as many calls as run at once, without a warning of a leak', async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error) => void warnings.push(name);
  process.on('warning', hear);
  const { cancel, signal } = deadlineWithin(60_000);
  cancel();
  for (let call = 0; call < 64; call += 1) signal.addEventListener('abort', () => {});
  await new Promise(setImmediate);
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
