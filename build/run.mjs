#!/usr/bin/env node
/**
 * Runs a TypeScript entry: `node build/run.mjs cli/main.ts sync …`. Bundles it first when a source is newer
 * than the bundle. The bundle appears by rename, because several may start at once. Nothing goes to stdout:
 * that belongs to the program.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { esm, shared } from './esbuild.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = [
  'functions',
  'lib',
  'mappings',
  'cli',
  'simulators',
  'proof',
  'bench',
  'examples',
  'test/support',
  'build',
  'package.json',
];

const entry = process.argv[2];
if (!entry) throw new Error('usage: node build/run.mjs ENTRY [ARGUMENT…]');
const bundle = join(root, '.build', `${entry.replace(/\W+/g, '-')}.mjs`);

if (modified(bundle) < Math.max(...sources.map((source) => newest(join(root, source))))) await build();
process.argv.splice(1, 2, bundle);
await import(pathToFileURL(bundle).href);

async function build() {
  const { build: esbuild } = await import('esbuild');
  const temporary = `${bundle}.${process.pid}.mjs`;
  mkdirSync(dirname(bundle), { recursive: true });
  try {
    await esbuild({
      ...shared,
      ...esm,
      absWorkingDir: root,
      external: ['dynalite', 'esbuild'], // they find what they need by their own place
      entryPoints: [entry],
      outfile: temporary,
      sourcemap: 'inline',
    });
    renameSync(temporary, bundle);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;
}
