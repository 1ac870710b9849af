import { describe, expect, it } from 'vitest';
import { parseAccounts } from '../../lib/account.ts';
import { InvalidConfig } from '../../lib/errors.ts';

const file = (body: string) => `defaults: {poll_interval: 3600, lookback: 7200}\naccounts:\n${body}`;
const acme =
  '  - {id: acme, provider: cloudstack, credentials: {url: "https://cloud.example", api_key: "${ACME_KEY}"}}\n';
const read = (text: string) => parseAccounts(text, 'accounts.yaml');

describe('parseAccounts', () => {
  it("gives accounts with the file's defaults, and leaves references for later", () => {
    expect(read(file(acme))).toMatchObject([
      {
        id: 'acme',
        poll_interval: 3600,
        lookback: 7200,
        credentials: { url: 'https://cloud.example', api_key: '${ACME_KEY}' },
      },
    ]);
  });

  it("lets an account's own setting win", () => {
    expect(read(file(acme.replace('provider', 'lookback: 0, provider')))).toMatchObject([{ lookback: 0 }]);
  });

  it.each([
    [
      'an unknown key',
      file(acme.replace('provider', 'pol_interval: 3, provider')),
      'accounts.yaml.accounts[0].pol_interval: is not a known setting',
    ],
    [
      'an unknown default',
      file(acme).replace('lookback', 'look_back'),
      'accounts.yaml.defaults.look_back: is not a known setting',
    ],
    [
      'an id with odd letters',
      file(acme.replace('acme', '../acme')),
      'accounts.yaml.accounts[0].id: expected 1 to 63',
    ],
    ['an id given twice', file(acme + acme.replace('acme', 'ACME')), 'the account id "ACME" is given twice'],
    [
      'a duration that is text',
      file(acme.replace('provider', 'skew: 3h, provider')),
      'accounts.yaml.accounts[0].skew: ',
    ],
    ['no accounts', 'accounts: []', 'accounts.yaml.accounts: expected at least one account'],
    ['an empty file', '', 'accounts.yaml: '],
    ['broken YAML', 'accounts: [', 'accounts.yaml: '],
    ['a key given twice', 'accounts: []\naccounts: []', 'accounts.yaml: '],
    ['aliases', 'a: &a [x]\naccounts: *a', 'accounts.yaml: '],
  ])('refuses %s', (_, text, message) => {
    expect(() => read(text)).toThrow(InvalidConfig);
    expect(() => read(text)).toThrow(message);
  });
});
