import type { ServerResponse } from 'node:http';
import { randomFor } from '../seeded.ts';
import { sendWireFault } from '../wire-faults.ts';
import { throttled } from './refusal.ts';

/** Faults that pass, and one request in how many they strike. */
export const passing = { '429-storm': 3, '5xx': 4, reset: 5, 'html-200': 5, 'truncated-json': 5 } as const;

export type PassingFault = keyof typeof passing;

/**
 * Answers with a fault that needs no command to run; `truncated-json` needs one.
 * @returns the status, or null when there is none @throws Refusal 429
 */
export function sendPassingFault(
  fault: Exclude<PassingFault, 'truncated-json'>,
  seed: number,
  number: number,
  response: ServerResponse,
): number | null {
  if (fault === '429-storm') throw throttled(randomFor(seed, 'answer', number).int(50, 400));
  return sendWireFault(fault, seed, number, response);
}
