import { describe, expect, it } from 'vitest';
import { parseAccounts } from '../../../lib/account.ts';
import { type Listed, listAccounts } from '../../../lib/accounts/list.ts';
import { splitAccounts } from '../../../lib/accounts/split.ts';

const block = `# who we read
defaults: {poll_interval: 3600}
accounts: # all of them
  # the first
  - id: acme
    provider: cloudstack
    credentials:
      url: https://acme.example/client/api
      ca_bundle: |
        -----BEGIN CERTIFICATE-----
        - not an item
        -----END CERTIFICATE-----

  - {id: globex, provider: cloudstack, poll_interval: 60, credentials: {url: "https://globex.example"}}
  -
    id: initech
    provider: almanach
    streams:
      - metrics
      - resources
    credentials: {}
`;

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}

async function listed(text: string): Promise<Listed[]> {
  const all: Listed[] = [];
  for await (const one of listAccounts(linesOf(text), 'accounts.yaml')) all.push(one);
  return all;
}

describe('listAccounts', () => {
  it.each([
    ['a block', block],
    ['a block without indent', block.replace(/^ {2}/gm, '')],
    ['JSON', JSON.stringify({ defaults: {}, accounts: [{ id: 'a', provider: 'p', credentials: {} }] })],
    ['a flow', 'accounts: [{id: a, provider: p, credentials: {}}, {id: b, provider: p, credentials: {}}]'],
  ])('gives the same as reading the whole of %s', async (_, text) => {
    const whole = parseAccounts(text, 'accounts.yaml');
    expect(await listed(text)).toEqual(whole.map((account) => ({ account })));
  });

  it('cuts a block at its accounts, so that only one of them is held', async () => {
    const pieces = [];
    for await (const { kind, line } of splitAccounts(linesOf(block))) pieces.push(`${kind} ${line}`);
    expect(pieces).toEqual(['frame 1', 'account 5', 'account 14', 'account 15']);
  });

  it('says which account is broken, where, and reads the others', async () => {
    const broken = [
      'accounts:',
      '  - {id: good, provider: p, credentials: {}}',
      '  - {id: typo, provider: p, credentails: {}}',
      '  - {id: "broken, provider: p}',
      '  - {id: GOOD, provider: p, credentials: {}}',
      '  - {id: also, provider: p, credentials: {}}',
    ].join('\n');
    const found = (await listed(broken)).map((one) =>
      'account' in one ? one.account.id : `${one.id}: ${one.error.message}`,
    );
    expect(found).toEqual([
      'good',
      expect.stringMatching(/^typo: .*accounts\[1\]\.credentails: is not a known setting/s),
      expect.stringMatching(/accounts\[2\] \(line 4\): /),
      'GOOD: accounts.yaml: the account id "GOOD" is given twice (case does not count)',
      'also',
    ]);
  });

  it.each([
    ['nothing', '', 'expected at least one account'],
    ['no accounts', 'accounts:\n', 'expected at least one account'],
    ['an unknown section', 'account:\n  - {}\n', 'accounts.yaml.account: is not a known setting'],
    ['a wrong default', 'defaults: {skew: x}\naccounts:\n  - {}\n', 'accounts.yaml.defaults.skew'],
    ['defaults that come too late', `${block}\ndefaults: {skew: 60}\n`, 'must stand before the accounts'],
    ['text', 'hello', 'accounts.yaml: '],
  ])('refuses %s', async (_, text, message) => {
    await expect(listed(text)).rejects.toThrow(message);
  });
});
