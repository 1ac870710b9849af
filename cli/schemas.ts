import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { accountsSchema } from '../lib/account.ts';
import { mappingSchema } from '../lib/mapping/load.ts';
import type { Provider } from '../lib/provider.ts';
import { exitCode } from './exit.ts';
import { loadProvider, providerNames } from './providers.ts';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** File name → schema, made of the very schemas that check the files. */
export async function editorSchemas(): Promise<Readonly<Record<string, JsonSchema>>> {
  const rooms = await Promise.all(providerNames().map(loadProvider));
  return {
    'accounts.schema.json': accountsFile(rooms.map(({ provider }) => provider)),
    'mapping.schema.json': mappingFile(),
  };
}

/** Prints the schemas of accounts and mapping files, or writes each to a file of its own. */
export async function schemasCommand(options: { readonly out?: string }): Promise<number> {
  const schemas = await editorSchemas();
  if (options.out === undefined) process.stdout.write(printed(schemas));
  else writeSchemas(options.out, schemas);
  return exitCode.ok;
}

function writeSchemas(folder: string, schemas: Readonly<Record<string, JsonSchema>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of Object.entries(schemas)) {
    writeFileSync(join(folder, name), printed(schema));
    process.stdout.write(`${join(folder, name)}\n`);
  }
}

function printed(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

type Tree = Record<string, unknown>;

/** The file's own schema, and for each provider that an account may name what its credentials are. */
function accountsFile(providers: readonly Provider<unknown, unknown>[]): JsonSchema {
  const schema = asJson(accountsSchema);
  const account = (schema.properties as { accounts: { items: Tree } }).accounts.items;
  (account.properties as { provider: Tree }).provider.enum = providers.map(({ name }) => name);
  account.allOf = providers.map(({ name, config }) => ({
    if: { properties: { provider: { const: name } }, required: ['provider'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { credentials: credentialsOf(config) } },
  }));
  return { title: 'usage-sync: accounts', ...schema };
}

/** In this file an unknown setting is an error, and certificates may stand in a file of their own. */
function credentialsOf(config: Provider<unknown, unknown>['config']): JsonSchema {
  const { $schema: _, ...schema } = asJson(config.strict());
  const settings = Object.entries(schema.properties as Record<string, Tree>);
  const properties = settings.map(([name, own]) => [
    name,
    name === 'ca_bundle' ? certificates : orNamed(own),
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

const certificates: JsonSchema = {
  type: ['string', 'null'],
  description: 'Certificates in PEM form, or the path of a file that holds them.',
};

/** Every credential may name an environment variable instead. */
function orNamed(setting: Tree): JsonSchema {
  if (setting.type === 'string' && setting.enum === undefined) return setting;
  return { anyOf: [setting, { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' }] };
}

function mappingFile(): JsonSchema {
  return { title: 'usage-sync: mapping', ...asJson(mappingSchema) };
}

/**
 * What a person may write: before defaults and transformations. A check that JSON Schema cannot say is left to
 * the command.
 */
function asJson(schema: z.ZodType): Tree {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Tree;
}
