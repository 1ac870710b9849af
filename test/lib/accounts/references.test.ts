import { describe, expect, it } from 'vitest';
import { type References, resolveReferences } from '../../../lib/accounts/references.ts';
import { InvalidConfig, StateUnavailable } from '../../../lib/errors.ts';

const asked: string[] = [];
const named = (name: string) => Object.assign(new Error(`no ${name}`), { name });

const references: References = {
  variable: (name) => ({ KEY: 'from-the-environment', PART: 'b' })[name] ?? null,
  async secret(name) {
    asked.push(name);
    if (name === 'text') return 'whole';
    if (name === 'gone') throw named('ResourceNotFoundException');
    if (name === 'closed') throw named('AccessDeniedException');
    if (name === 'down') throw named('TimeoutError');
    return JSON.stringify({ key: 'k', secret: 's', port: 8080 });
  },
  async parameter(name) {
    return `parameter ${name}`;
  },
};

const resolve = (credentials: Record<string, unknown>) =>
  resolveReferences(credentials, 'file.acme', references);

describe('resolveReferences', () => {
  it.each([
    ['an environment variable', '${KEY}', 'from-the-environment'],
    ['a variable within a text', 'a${PART}c', 'abc'],
    ['a key of a secret', 'secretsmanager:acme/cloud#secret', 's'],
    ['a number in a secret', 'secretsmanager:acme/cloud#port', '8080'],
    ['a whole secret', 'secretsmanager:text', 'whole'],
    ['a secret by its ARN', 'secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:a-b#key', 'k'],
    ['a parameter', 'ssm:/acme/key', 'parameter /acme/key'],
    ['text that is none', 'https://cloud.example/$HOME', 'https://cloud.example/$HOME'],
  ])('resolves %s', async (_, text, value) => {
    expect(await resolve({ key: text, number: 7 })).toEqual({ key: value, number: 7 });
  });

  it('asks for each secret once', async () => {
    asked.length = 0;
    await resolve({ api_key: 'secretsmanager:acme#key', secret_key: 'secretsmanager:acme#secret' });
    expect(asked).toEqual(['acme']);
  });

  it.each([
    ['${NOT_SET}', InvalidConfig, 'file.acme.key: the environment variable NOT_SET is not set'],
    ['secretsmanager:gone', InvalidConfig, 'secretsmanager:gone cannot be read (ResourceNotFoundException)'],
    ['secretsmanager:closed#a', InvalidConfig, '(AccessDeniedException)'],
    ['secretsmanager:down', StateUnavailable, '(TimeoutError)'],
    ['secretsmanager:acme#other', InvalidConfig, 'the secret acme has no key "other"'],
    ['secretsmanager:text#key', InvalidConfig, 'is not a JSON object'],
  ])('refuses %s', async (text, kind, message) => {
    const failing = resolve({ key: text });
    await expect(failing).rejects.toThrow(kind);
    await expect(failing).rejects.toThrow(message);
  });
});
