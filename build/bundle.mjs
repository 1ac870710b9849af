#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
/**
 * Builds what is shipped: one CommonJS bundle for each provider's room (Lambda), the command line, and the
 * library with its types. Prints their sizes, and fails when a handler outgrows its bound.
 */
import { rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esm, shared } from './esbuild.mjs';
import { buildFunctions } from './functions.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Bytes. A handler's cold start grows with its bundle. */
const LARGEST_HANDLER = 1_000_000;

rmSync(join(root, 'dist'), { recursive: true, force: true });
const ship = { ...shared, absWorkingDir: root, minify: true, keepNames: false };
const [rooms] = await Promise.all([
  buildFunctions(root, join(root, 'dist/functions')),
  build({ ...ship, ...esm, entryPoints: ['cli/main.ts'], outfile: 'dist/cli/usage-sync.js' }),
  build({ ...ship, ...esm, entryPoints: ['lib/index.ts'], outfile: 'dist/lib/index.js' }),
]);
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });

const files = [
  ...rooms.map((room) => `dist/functions/${room}.cjs`),
  'dist/functions/aws.cjs',
  'dist/cli/usage-sync.js',
  'dist/lib/index.js',
];
for (const file of files) {
  const size = sizeOf(file);
  process.stdout.write(`${basename(file).padEnd(20)} ${(size / 1000).toFixed(0).padStart(5)} kB\n`);
  if (file.endsWith('.cjs') && size > LARGEST_HANDLER) {
    process.stderr.write(`${file} is larger than ${LARGEST_HANDLER / 1000} kB\n`);
    process.exitCode = 1;
  }
}

function sizeOf(file) {
  return statSync(join(root, file)).size;
}
