#!/usr/bin/env node
/**
 * Refuses a lock with holes. `npm install` succeeds when the registry lacks a platform package and leaves it
 * out of the lock; `npm ci` then fails, but only on the platform that needed it. Download addresses would tie
 * the lock to one registry.
 */
import { readFileSync } from 'node:fs';

/** The problems of a parsed package-lock.json (version 3), one sentence each. */
export function lockProblems(lock) {
  const packages = lock.packages ?? {};
  const problems = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (entry.resolved?.startsWith('http')) problems.push(`${path} names a download address`);
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!resolve(packages, path, name))
        problems.push(`${path || 'the project'} lacks its platform package ${name}`);
    }
  }
  return problems;
}

/** Looks a package up as Node does: in the nearest node_modules, then outwards. */
function resolve(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '' || !at.includes('/node_modules/')) return packages[`node_modules/${name}`] !== undefined;
  }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const problems = lockProblems(
    JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')),
  );
  for (const problem of problems) process.stderr.write(`package-lock.json: ${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
