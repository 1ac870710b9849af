import type { Proof } from './proof.ts';
import { r02 } from './r02-intervals.ts';
import { r03 } from './r03-clocks.ts';
import { r13 } from './r13-expressions.ts';
import { r14 } from './r14-hostile-mappings.ts';

/** Every promise that is proved (README: What is proved). */
export const proofs: readonly Proof[] = [r02, r03, r13, r14];
