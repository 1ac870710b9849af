import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidConfig } from '../../lib/errors.ts';
import { functionsIn } from './functions.ts';
import { type LambdaSimulator, startLambda } from './server.ts';

export { faults } from './faults.ts';
export { functionsIn, type LambdaFunction } from './functions.ts';
export { type InvocationNote, type LambdaSimulator, startLambda } from './server.ts';

/** Settings that are the operator's own, passed on to the functions as a deployment would. */
const settings = /^(USAGE_SYNC_|CMP_|AWS_ENDPOINT_URL)/;

/**
 * The built bundles of the current folder (`npm run build`) as a local cloud.
 * @throws InvalidConfig when there are none
 */
export async function start(options: {
  readonly port: number;
  readonly seed: number;
  readonly faults: readonly string[];
}): Promise<LambdaSimulator> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      settings.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
  const shared = { timeout: 900_000, env, maximumRetryAttempts: 0, recursiveLoop: 'Allow' } as const;
  const folder = join(process.cwd(), 'dist/functions');
  if (!existsSync(folder))
    throw new InvalidConfig('There is no dist/functions in this folder', {
      code: 'NOT_BUILT',
      hint: 'Run `npm run build` first, in the folder of the sources.',
    });
  const functions = functionsIn(folder, shared);
  return startLambda({ ...options, functions, taskRoot: process.cwd() });
}
