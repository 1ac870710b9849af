import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error: a build script without types
import { esm, shared } from '../build/esbuild.mjs';
import { startCloudStack } from '../simulators/cloudstack/server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
let folder: string;
let packed: readonly string[];

/** Packs a copy, and unpacks it where there is no checkout and no node_modules. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-pack-'));
  const copy = join(folder, 'copy');
  for (const place of ['package.json', 'mappings', 'README.md', 'LICENSE', 'NOTICE']) {
    cpSync(join(root, place), join(copy, place), { recursive: true });
  }
  await build({
    ...shared,
    ...esm,
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outfile: join(copy, 'dist/cli/usage-sync.js'),
  });
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: copy });
  const [{ filename, files }] = JSON.parse(stdout);
  packed = files.map(({ path }: { path: string }) => path);
  await run('tar', ['-xzf', join(copy, filename), '-C', folder]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('holds what an installation needs, and nothing of the checkout beside it', () => {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(packed).toEqual(
    expect.arrayContaining([...Object.values(bin), 'mappings/cloudstack.yaml', 'NOTICE']),
  );
  expect(packed.filter((path) => /^(test|proof|bench|simulators|cli|functions)\//.test(path))).toEqual([]);
});

it('syncs without a checkout and without a package beside it', async () => {
  const cloud = await startCloudStack({ seed: 1, vms: 3 });
  try {
    const account = { id: 'acme', provider: 'cloudstack', credentials: cloud.credentials };
    writeFileSync(join(folder, 'accounts.yaml'), JSON.stringify({ accounts: [account] }));
    const command = join(folder, 'package/dist/cli/usage-sync.js');
    const args = ['sync', '--accounts', 'accounts.yaml', '--stream', 'metrics', '--json'];
    const { stdout } = await run(process.execPath, [command, ...args], { cwd: folder });
    const { accounts } = JSON.parse(stdout);
    expect(accounts).toMatchObject([{ account: 'acme', error: null, report: { status: 'done' } }]);
  } finally {
    await cloud.close();
  }
});
