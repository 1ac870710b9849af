import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseAccounts } from '../lib/account.ts';
import { loadMapping } from '../lib/mapping/load.ts';
import { proofs } from '../proof/proofs.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const main = readFileSync(new URL('../cli/main.ts', import.meta.url), 'utf8');
const scripts = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).scripts;
const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('the README', () => {
  it('names only npm scripts that exist', () => {
    const named = [...readme.matchAll(/npm (?:run (?:-s )?)?([a-z-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !['ci', 'run'].includes(name) && !(name in scripts))).toEqual([]);
  });

  it('names only options that the command knows', () => {
    const options = new Set([...readme.matchAll(/`(--[a-z-]+)/g)].map((match) => match[1]));
    expect(
      [...options].filter(
        (option) => !main.includes(`'${option} `) && !main.includes(`'${option}'`) && option !== '--help',
      ),
    ).toEqual([]);
  });

  it('shows an accounts file that loads', () => {
    const text = blocks.find((block) => block.includes('accounts:')) ?? '';
    expect(parseAccounts(text, 'accounts.yaml')).toHaveLength(1);
  });

  it('shows a mapping that loads', () => {
    const text = blocks.find((block) => block.includes('conversion_expr')) ?? '';
    expect(Object.keys(parse(text))).toHaveLength(loadMapping(text, 'mapping.yaml').entries.length);
  });

  it('lists every proof', () => {
    const listed = [...readme.matchAll(/^\| (R\d+) \|/gm)].map((match) => match[1]);
    expect(listed).toEqual([...new Set(proofs.map(({ id }) => id))]); // one promise, several subjects
  });
});

describe('CONTRIBUTING', () => {
  it('names only rooms that are there', () => {
    const text = readFileSync(new URL('../CONTRIBUTING.md', import.meta.url), 'utf8');
    const named = [
      ...text.matchAll(/`((?:lib|functions|test|cli|simulators|mappings|schemas|proof)\/[\w./-]*)`/g),
    ];
    const rooms = named.map((match) => match[1] ?? '');
    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((room) => !existsSync(new URL(`../${room}`, import.meta.url)))).toEqual([]);
  });
});
