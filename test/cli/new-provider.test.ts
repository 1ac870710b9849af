import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { newProvider } from '../../cli/new-provider.ts';
import { captured } from '../support/captured.ts';
import { contractCases } from '../support/contract-cases.ts';
import { lawBroken } from '../support/import-law.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a provider stands on, and what judges it. */
const ground = [
  'lib',
  'test/support',
  'mappings/yaml.d.ts',
  'simulators/random.ts',
  'simulators/seeded.ts',
  'simulators/serve.ts',
  'simulators/simulator.ts',
  'build/esbuild.mjs',
  'package.json',
  'tsconfig.json',
  'biome.json',
  '.gitignore',
  'vitest.config.ts',
];

let checkout: string;
let before: readonly string[];

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'usage-sync-new-'));
  for (const place of ground) cpSync(join(root, place), join(checkout, place), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(join(checkout, 'functions'));
  before = places();
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

const make = (name: string) => captured(() => newProvider(name, { in: checkout }));

describe('usage-sync new provider', () => {
  it('makes a provider that keeps the contract, the types, the style and the law at once', async () => {
    expect((await make('atlas')).code).toBe(0);
    const [tests, types, style] = await Promise.all([
      tool('vitest', 'run', '--reporter=json'),
      tool('tsc', '--noEmit'),
      tool(
        'biome',
        'ci',
        '--colors=off',
        '--error-on-warnings',
        'functions',
        'simulators/atlas',
        'test/functions',
      ),
    ]);
    expect(types).toEqual({ code: 0, stdout: '' });
    expect(style).toMatchObject({ code: 0, stdout: expect.stringContaining('No fixes applied') });
    expect(JSON.parse(tests.stdout)).toMatchObject({
      success: true,
      numPassedTests: contractCases.length,
      numFailedTests: 0,
    });
    expect(written().flatMap(broken)).toEqual([]);
  }, 60_000);

  it.each(['a', 'abcdefghijklmnopqrstuvw9'])('is written in style by the name %s, too', async (name) => {
    await make(name);
    const { code, stdout } = await tool(
      'biome',
      'ci',
      '--colors=off',
      '--error-on-warnings',
      'functions',
      'simulators',
      'test/functions',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('No fixes applied') });
  });

  it('prints what it wrote, and a line for serverless.yml', async () => {
    const { stdout } = await make('atlas');
    const lines = stdout.split('\n');
    expect(lines.slice(0, lines.indexOf('')).sort()).toEqual(written().sort());
    const entry = /under custom\.providers:\n\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '';
    expect(parse(`providers:\n${entry}`)).toEqual({ providers: { atlas: ['Metrics', 'Credentials'] } });
  });

  it.each(['', 'Atlas', '1st', 'my-cloud', '../up', 'a/b', 'cloud_x', 'a'.repeat(25), 'dispatch'])(
    'refuses the name %j and writes nothing',
    async (name) => {
      await expect(make(name)).rejects.toMatchObject({ name: 'InvalidConfig', code: 'BAD_NAME' });
      expect(written()).toEqual([]);
    },
  );

  it.each(['functions/atlas', 'simulators/atlas', 'test/functions/atlas', 'mappings/atlas.yaml'])(
    'leaves %s alone when it is there',
    async (place) => {
      mkdirSync(join(checkout, place), { recursive: true });
      await expect(make('atlas')).rejects.toMatchObject({ name: 'InvalidConfig', code: 'ALREADY_THERE' });
      expect(written()).toEqual([]);
    },
  );

  it('refuses a folder that is no checkout', async () => {
    rmSync(join(checkout, 'lib'), { recursive: true });
    await expect(make('atlas')).rejects.toMatchObject({ name: 'InvalidConfig', code: 'NO_CHECKOUT' });
    expect(existsSync(join(checkout, 'functions/atlas'))).toBe(false);
  });
});

interface Judged {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a tool of this project in the new checkout. */
async function tool(name: string, ...args: string[]): Promise<Judged> {
  const run = promisify(execFile);
  const bin = join(root, 'node_modules/.bin', name);
  return run(bin, args, { cwd: checkout, env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: Judged) => ({ code: error.code, stdout: error.stdout }),
  );
}

/** The files that were not there before. */
function written(): string[] {
  return places().filter((place) => !before.includes(place));
}

/** The files of the rooms, by their place in the checkout. */
function places(): string[] {
  return ['functions', 'mappings', 'simulators', 'test'].flatMap((room) =>
    readdirSync(join(checkout, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1)),
  );
}

function broken(place: string): string[] {
  const text = readFileSync(join(checkout, place), 'utf8');
  const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, path = '']) =>
    path.startsWith('.') ? join(place, '..', path) : path,
  );
  return lawBroken(place, text, imports);
}
