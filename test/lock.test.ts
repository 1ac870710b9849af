import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// @ts-expect-error: a build script without types
import { lockProblems } from '../build/check-lock.mjs';

const lock = () => JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

it('has every platform package, and no download addresses', () => {
  expect(lockProblems(lock())).toEqual([]);
});

it('notices a platform package that is missing', () => {
  const broken = lock();
  const name = Object.keys(broken.packages).find((path) => path.includes('@biomejs/cli-darwin'));
  delete broken.packages[name ?? ''];
  expect(lockProblems(broken)).toHaveLength(1);
});

it('notices a download address', () => {
  const broken = lock();
  broken.packages['node_modules/zod'].resolved = 'https://registry.example/zod.tgz';
  expect(lockProblems(broken)).toEqual(['node_modules/zod names a download address']);
});
