import { parseArgs } from 'node:util';
import type { Design, Outcome, Proof } from './proof.ts';
import { proofs } from './proofs.ts';

/**
 * `npm run prove -- [--only R2]… [--provider NAME]… [--seed N] [--count N]`: every promise at its full count, and beside it the
 * designs that are known to be bad, which must be caught.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    provider: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
  },
});
const wanted = proofs.filter(
  ({ id, provider }) =>
    (values.only?.includes(id) ?? true) && (values.provider?.includes(provider ?? '') ?? true),
);
if (wanted.length === 0) {
  const known = proofs.map(({ id, provider }) => `${id}${provider ? ` (${provider})` : ''}`);
  throw new Error(`There is no such proof; there are ${known.join(', ')}`);
}
for (const proof of wanted) await prove(proof, Number(values.seed), Number(values.count ?? proof.full));

async function prove(proof: Proof, seed: number, count: number): Promise<void> {
  print(`${proof.id}  ${proof.name}  (seed ${seed})`);
  const ours = await timed(proof, seed, count);
  if (ours.violated > 0) process.exitCode = 1;
  for (const design of proof.bad) {
    const caught = await timed(design, seed, proof.quick, `bad: ${design.name}`);
    if (caught.violated === 0) process.exitCode = 1;
  }
}

async function timed(design: Design, seed: number, count: number, label = 'ours'): Promise<Outcome> {
  const started = performance.now();
  const outcome = await design.run({ seed, count });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const figures = Object.entries(outcome.figures).map(([name, value]) => `${name} ${value}`);
  print(
    `    ${label}: ${[`${outcome.cases} cases`, `${outcome.violated} violations`, ...figures, `${seconds} s`].join(', ')}`,
  );
  if (label === 'ours') for (const violation of outcome.violations) print(`      ${violation}`);
  return outcome;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
