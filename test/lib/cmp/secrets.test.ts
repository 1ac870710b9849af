import { expect, it } from 'vitest';
import type { References } from '../../../lib/accounts/references.ts';
import { withCmpSecrets } from '../../../lib/cmp/secrets.ts';
import { cmpSettings } from '../../../lib/cmp.ts';
import { InvalidConfig } from '../../../lib/errors.ts';
import type { Secret } from '../../../lib/secret.ts';

const asked: string[] = [];
const stores: References = {
  variable: () => 'never',
  async secret(name) {
    asked.push(name);
    return name === 'empty' ? '\n' : '{"key": "k", "secret": "s\\n"}';
  },
  async parameter(name) {
    asked.push(name);
    if (name === 'gone') throw Object.assign(new Error('canary'), { name: 'ParameterNotFound' });
    return `parameter ${name}`;
  },
};

/** What would be sent to the CMP with these settings. */
async function sent(env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  asked.length = 0;
  const cmp = cmpSettings({ CMP_URL: 'https://cmp.example/api', ...env });
  const { auth } = (await withCmpSecrets({ cmp, references: stores })).cmp ?? { auth: {} };
  return Object.fromEntries(Object.entries<Secret>(auth).map(([name, one]) => [name, one.reveal()]));
}

it('fetches what is referred to, each secret once', async () => {
  const pair = { CMP_KEY: 'secretsmanager:acme/cmp#key', CMP_SECRET: 'secretsmanager:acme/cmp#secret' };
  expect(await sent(pair)).toEqual({ key: 'k', secret: 's' });
  expect(asked).toEqual(['acme/cmp']);
  expect(await sent({ CMP_TOKEN: 'ssm:/cmp/token' })).toEqual({ token: 'parameter /cmp/token' });
  expect(await sent({ CMP_KEY: 'plain', CMP_SECRET: 'ssm:s' })).toEqual({
    key: 'plain',
    secret: 'parameter s',
  });
});

it('takes what is plain as it is, and asks no store', async () => {
  expect(await sent({ CMP_KEY: 'k', CMP_SECRET: 'a${HOME}b' })).toEqual({ key: 'k', secret: 'a${HOME}b' });
  expect(await withCmpSecrets({ cmp: null, references: stores })).toEqual({ cmp: null, references: stores });
  expect(asked).toEqual([]);
});

it('names the setting whose reference leads nowhere, and repeats nothing of a store', async () => {
  const gone = sent({ CMP_TOKEN: 'ssm:gone' });
  await expect(gone).rejects.toThrow(InvalidConfig);
  await expect(gone).rejects.toThrow('environment.CMP_TOKEN: ssm:gone cannot be read (ParameterNotFound)');
  await expect(sent({ CMP_TOKEN: 'secretsmanager:empty' })).rejects.toThrow(
    'environment.CMP_TOKEN: what it refers to is empty',
  );
});
