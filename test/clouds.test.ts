import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadProvider, providerNames } from '../cli/providers.ts';
import { type Account, parseAccounts } from '../lib/account.ts';
import { parseCredentials } from '../lib/run.ts';

const page = readFileSync(new URL('../docs/clouds.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const accounts = blocks.flatMap((text) => parseAccounts(text, 'docs/clouds.md'));

describe('docs/clouds.md', () => {
  it('shows an account of every cloud', () => {
    expect([...new Set(accounts.map(({ provider }) => provider))].sort()).toEqual(providerNames());
  });

  it.each(accounts.map((account) => [account.id, account] as const))(
    'shows %s as it loads',
    async (_, account) => {
      expect(await read(account)).toBeDefined();
    },
  );

  it('names only settings that its cloud knows', async () => {
    for (const section of page.split(/^## /m).slice(1)) {
      const [first] = blocks.filter((block) => section.includes(block));
      if (first === undefined) continue;
      const { provider } = await loadProvider(parseAccounts(first, 'docs/clouds.md')[0]?.provider ?? '');
      const known = Object.keys((provider.config as unknown as { shape: object }).shape);
      const named = [...section.matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \|/gm)].flatMap((row) =>
        [...(row[1] ?? '').matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? ''),
      );
      expect(named.filter((name) => !known.includes(name))).toEqual([]);
    }
  });
});

async function read({ credentials, id, provider }: Account) {
  const room = await loadProvider(provider);
  return parseCredentials(room.provider, {
    id,
    customer: null,
    resource: null,
    credentials,
    credentialsPath: `${id}.credentials`,
    strictCredentials: true,
    poll: 3600,
  });
}
