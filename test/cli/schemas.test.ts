import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { schemasCommand } from '../../cli/schemas.ts';
import { captured } from '../support/captured.ts';

const checkedIn = fileURLToPath(new URL('../../schemas', import.meta.url));
const names = ['accounts.schema.json', 'mapping.schema.json'];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'usage-sync-schemas-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const schemaOf = (name: string) => JSON.parse(readFileSync(join(checkedIn, name), 'utf8'));

it('has the schemas of today in schemas/: `usage-sync schemas --out schemas` writes them', async () => {
  const { code, stdout } = await captured(() => schemasCommand({ out: join(folder, 'new') }));
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: names.map((name) => `${join(folder, 'new', name)}\n`).join(''),
  });
  expect(readdirSync(checkedIn).sort()).toEqual(names);
  for (const name of names)
    expect(JSON.parse(readFileSync(join(folder, 'new', name), 'utf8'))).toEqual(schemaOf(name));
});

it('prints both when no folder is named', async () => {
  const { stdout } = await captured(() => schemasCommand({}));
  expect(JSON.parse(stdout)).toEqual(Object.fromEntries(names.map((name) => [name, schemaOf(name)])));
});

it('knows the settings of an account, and the credentials of its provider', () => {
  const { properties, required, additionalProperties } = schemaOf('accounts.schema.json');
  expect([required, additionalProperties]).toEqual([['accounts'], false]);
  const account = properties.accounts.items;
  expect(account.required).toEqual(['id', 'provider', 'credentials']);
  expect(account.additionalProperties).toBe(false);
  expect(account.properties.provider.enum).toContain('cloudstack');
  const rule = account.allOf.find((each: { if: object }) => JSON.stringify(each.if).includes('"cloudstack"'));
  expect(rule.if).toEqual({ properties: { provider: { const: 'cloudstack' } }, required: ['provider'] });
  const { credentials } = rule.then.properties;
  expect(credentials.required).toEqual(['url', 'api_key', 'secret_key']);
  expect(credentials.additionalProperties).toBe(false);
  expect(credentials.properties).toMatchObject({
    url: { type: 'string' },
    api_key: { type: 'string' },
    signature_algorithm: { anyOf: [{ enum: ['sha1', 'sha512', 'auto'] }, { pattern: expect.any(String) }] },
    ca_bundle: { type: ['string', 'null'], description: expect.any(String) },
  });
  const [, named] = credentials.properties.signature_algorithm.anyOf;
  expect(new RegExp(named.pattern, 'u').test('${ALGORITHM}')).toBe(true);
  expect(new RegExp(named.pattern, 'u').test('md5')).toBe(false);
});

it('knows the settings of a mapping entry, with what they mean', () => {
  const { additionalProperties: entry } = schemaOf('mapping.schema.json');
  expect(entry).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false });
  expect(Object.keys(entry.properties)).toEqual([
    'name',
    'unit',
    'counter',
    'specialisation',
    'specialisation_from',
    'conversion_expr',
    'source',
  ]);
  for (const setting of Object.values(entry.properties)) {
    expect(setting).toHaveProperty('description');
  }
});
