import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findAccount } from '../../../lib/accounts/find.ts';
import { accountLines } from '../../../lib/accounts/source.ts';
import { InvalidConfig } from '../../../lib/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'usage-sync-accounts-'));
const file = join(folder, 'accounts.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const entries = Array.from(
  { length: 3000 },
  (_, index) => `  - {id: a${index}, provider: p, credentials: {note: "ü €"}}`,
);
writeFileSync(file, `accounts:\r\n${entries.join('\r\n')}`);

it('gives the lines of a file, whatever their ends and however long it is', async () => {
  const lines = [];
  for await (const line of accountLines(file)) lines.push(line);
  expect(lines).toEqual(['accounts:', ...entries]);
});

it('finds one account, and names one that is not there', async () => {
  expect(await findAccount(file, 'a2999')).toMatchObject({ id: 'a2999', credentials: { note: 'ü €' } });
  await expect(findAccount(file, 'A2999')).rejects.toThrow('has no account "A2999"');
});

it('names a file that is not there', async () => {
  await expect(findAccount(join(folder, 'other.yaml'), 'a')).rejects.toThrow(InvalidConfig);
  await expect(findAccount(folder, 'a')).rejects.toThrow('cannot be read (EISDIR)');
});
