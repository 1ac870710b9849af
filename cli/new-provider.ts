import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidConfig } from '../lib/errors.ts';
import { exitCode } from './exit.ts';
import client from './templates/client.ts.txt';
import contractTest from './templates/contract.test.ts.txt';
import index from './templates/index.ts.txt';
import mapping from './templates/mapping.yaml.txt';
import normalize from './templates/normalize.ts.txt';
import serverless from './templates/serverless.yml.txt';
import simulatorIndex from './templates/simulator-index.ts.txt';
import simulatorServer from './templates/simulator-server.ts.txt';
import subject from './templates/subject.ts.txt';
import types from './templates/types.ts.txt';

/** Where each file of a provider goes, and its template; `__name__` and `__Name__` stand for the name. */
const templates: readonly (readonly [place: string, text: string])[] = [
  ['functions/__name__/index.ts', index],
  ['functions/__name__/client.ts', client],
  ['functions/__name__/types.ts', types],
  ['functions/__name__/normalize.ts', normalize],
  ['mappings/__name__.yaml', mapping],
  ['simulators/__name__/index.ts', simulatorIndex],
  ['simulators/__name__/server.ts', simulatorServer],
  ['test/functions/__name__/subject.ts', subject],
  ['test/functions/__name__/contract.test.ts', contractTest],
];

/**
 * Writes a tiny provider that works: its room, mapping, simulator and contract call. Prints the entry for
 * serverless.yml and what to do next.
 * @param options `in`: the checkout's root, the current folder when absent.
 * @throws InvalidConfig for a name that cannot be used, a place that is no checkout, or a file that is there
 *   already: nothing is written then.
 */
export async function newProvider(name: string, options: { readonly in?: string } = {}): Promise<number> {
  const root = options.in ?? '.';
  assertName(name);
  assertCheckout(root);
  const files = templates.map(([place, text]) => ({ place: named(place, name), text: named(text, name) }));
  assertFree(root, name, files);
  for (const { place, text } of files) write(join(root, place), text);
  process.stdout.write(`${files.map(({ place }) => `${place}\n`).join('')}${nextSteps(name)}`);
  return exitCode.ok;
}

/** Names end up in folders, in names of the code and of the deployment. */
const NAME = /^[a-z][a-z0-9]{0,23}$/;
/** Rooms and simulators that are no providers. */
const taken = ['dispatch', 'keystone', 'lambda'];

function assertName(name: string): void {
  if (!NAME.test(name)) {
    throw new InvalidConfig(
      `The name "${name}" cannot be used: expected 1 to 24 of a-z and 0-9, a letter first`,
      {
        code: 'BAD_NAME',
        hint: 'Use the name of the cloud in small letters, for example atlas.',
      },
    );
  }
  if (taken.includes(name)) {
    throw new InvalidConfig(`The name "${name}" is kept for something else`, { code: 'BAD_NAME' });
  }
}

function assertCheckout(root: string): void {
  const missing = ['functions', 'lib', 'mappings', 'simulators', 'test/support'].find(
    (folder) => !existsSync(join(root, folder)),
  );
  if (missing === undefined) return;
  throw new InvalidConfig(`${root} is no checkout of usage-sync: it has no ${missing}/`, {
    code: 'NO_CHECKOUT',
    hint: 'Run this in a checkout, or name one with --in.',
  });
}

/** A folder of that name is someone's room, whatever is in it. */
function assertFree(root: string, name: string, files: readonly { readonly place: string }[]): void {
  const places = [`functions/${name}`, `simulators/${name}`, `test/functions/${name}`];
  const there = [...places, ...files.map(({ place }) => place)].find((place) =>
    existsSync(join(root, place)),
  );
  if (there === undefined) return;
  throw new InvalidConfig(`${there} is there already: nothing was written`, {
    code: 'ALREADY_THERE',
    hint: 'Choose another name, or remove it first.',
  });
}

function named(text: string, name: string): string {
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  return text.replaceAll('__name__', name).replaceAll('__Name__', capital);
}

/** `wx`: what another process wrote meanwhile stays. */
function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
}

function nextSteps(name: string): string {
  return `
It passes as it is:

    npx vitest run test/functions/${name}

The schemas for editors must learn its credentials:

    npm run -s usage-sync -- schemas --out schemas && npm run format

For serverless.yml, under custom.providers:

${named(serverless, name)}
Next: make types.ts and the simulator say what the real cloud says, then client.ts and normalize.ts
follow; give every kind an entry in mappings/${name}.yaml. CONTRIBUTING.md has the rules.
`;
}
