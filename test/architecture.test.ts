import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lawBroken } from './support/import-law.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const rooms = ['functions', 'lib', 'cli', 'simulators', 'proof', 'bench'];

describe('the import law', () => {
  const files = rooms.flatMap((room) => sourcesIn(join(root, room)));

  it('finds the house', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it.each(files.map((file) => relative(root, file)))('holds in %s', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(lawBroken(file, text, importsOf(file, text))).toEqual([]);
  });
});

describe('a broken import law is noticed', () => {
  it.each([
    ['functions/a/client.ts', "import '../b/client.ts'", ['functions/b/client.ts']],
    ['functions/a/client.ts', "import '../../lib/sink/file.ts'", ['lib/sink/file.ts']],
    ['functions/a/client.ts', "import '../../lib/handler.ts'", ['lib/handler.ts']],
    ['lib/sync.ts', "import '../cli/sync.ts'", ['cli/sync.ts']],
    ['lib/plan.ts', "import 'node:fs'", ['node:fs']],
    ['lib/sync.ts', 'const now = Date.now();', []],
    ['lib/sync.ts', 'process.env.HOME', []],
    ['lib/sync.ts', "const name = 'cloudstack';", []],
    ['functions/a/normalize.ts', 'new Date()', []],
    ['simulators/a/server.ts', "import '../../functions/a/client.ts'", ['functions/a/client.ts']],
  ])('%s: %s', (file, text, imports) => {
    expect(lawBroken(file, text, imports)).not.toEqual([]);
  });
});

it('has no room that names nothing', () => {
  const folders = rooms
    .flatMap((room) => foldersIn(join(root, room)))
    .map((folder) => relative(root, folder));
  expect(
    folders.filter((folder) => /\b(utils?|common|helpers?|types|interfaces|misc|shared)$/.test(folder)),
  ).toEqual([]);
});

function sourcesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sourcesIn(path);
    return /\.ts$/.test(name) ? [path] : [];
  });
}

function foldersIn(folder: string): string[] {
  const inner = readdirSync(folder).map((name) => join(folder, name));
  return [folder, ...inner.filter((path) => statSync(path).isDirectory()).flatMap(foldersIn)];
}

/** What a file imports: packages by name, files by their path from the root. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*['"`]([^'"`]+)['"`]/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}
