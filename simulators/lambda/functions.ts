import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One function of the local cloud, as it would be deployed. */
export interface LambdaFunction {
  readonly name: string;
  /** A CommonJS bundle. */
  readonly file: string;
  /** The export that is called. */
  readonly handler: string;
  /** Milliseconds after which the process is killed. */
  readonly timeout: number;
  /** Its environment, beside what Lambda itself sets. */
  readonly env: Readonly<Record<string, string>>;
  /** How many may run at once; without it only the account's limit holds. */
  readonly reservedConcurrency?: number;
  /** Of asynchronous invocations that failed; two when absent, as on Lambda. */
  readonly maximumRetryAttempts?: number;
  /** Whether it may invoke itself for ever; else a chain ends as on Lambda, after about 16 links. */
  readonly recursiveLoop?: 'Allow' | 'Terminate';
}

/**
 * The functions of a folder of bundles, by the names that the deployment gives them: `getMetrics` of
 * `acme.cjs` is `acmeMetrics`.
 */
export function functionsIn(
  folder: string,
  shared: Pick<LambdaFunction, 'timeout' | 'env' | 'maximumRetryAttempts' | 'recursiveLoop'>,
): LambdaFunction[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cjs'));
  return files.flatMap((file) =>
    exportedBy(join(folder, file)).map((handler) => ({
      ...shared,
      name: nameOf(basename(file, '.cjs'), handler),
      file: join(folder, file),
      handler,
    })),
  );
}

function nameOf(room: string, handler: string): string {
  return handler === room ? room : `${room}${handler.replace(/^(get|validate)/, '')}`;
}

/** Asked for in a process of its own: what a bundle keeps at module scope must not be ours. */
function exportedBy(file: string): string[] {
  const script =
    'const all = require(process.argv[1]); console.log(JSON.stringify(Object.keys(all).filter((key) => typeof all[key] === "function")))';
  return JSON.parse(execFileSync(process.execPath, ['-e', script, file], { encoding: 'utf8' }));
}
