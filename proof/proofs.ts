import type { Proof } from './proof.ts';
import { r01 } from './r01-kills.ts';
import { r02 } from './r02-intervals.ts';
import { r03 } from './r03-clocks.ts';
import { r04 } from './r04-page-drift.ts';
import { r05 } from './r05-responses.ts';
import { r06 } from './r06-retries.ts';
import { r07 } from './r07-deadlines.ts';
import { r08Lives } from './r08-lives.ts';
import { r08 } from './r08-tokens.ts';
import { r09 } from './r09-leases.ts';
import { r10 } from './r10-catch-up.ts';
import { r11Lives } from './r11-lives.ts';
import { r11 } from './r11-settling.ts';
import { r12 } from './r12-accounts.ts';
import { r13 } from './r13-expressions.ts';
import { r14 } from './r14-hostile-mappings.ts';
import { r15 } from './r15-egress.ts';
import { r16 } from './r16-tls.ts';
import { r17 } from './r17-secrets.ts';
import { r18 } from './r18-warm.ts';
import { r19 } from './r19-samples.ts';

/** Every promise that is proved (README: What is proved). */
export const proofs: readonly Proof[] = [
  r01,
  r02,
  r03,
  r04,
  ...r05,
  r06,
  r07,
  r08,
  r08Lives,
  r09,
  r10,
  r11,
  r12,
  r11Lives,
  r13,
  r14,
  r15,
  r16,
  ...r17,
  r18,
  r19,
];
