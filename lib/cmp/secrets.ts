import { isStored, type References, resolveReferences } from '../accounts/references.ts';
import type { CmpAuth, CmpSettings } from '../cmp.ts';
import { InvalidConfig } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';

interface WithCmp {
  readonly cmp: CmpSettings | null;
  readonly references?: References;
}

/**
 * Settings with what the CMP's key, secret or token refers to (`secretsmanager:NAME#key`, `ssm:NAME`) in its place:
 * call it late, and only for work that speaks with the CMP. Without a reference, no store is asked.
 * @throws InvalidConfig for a reference that leads nowhere, StateUnavailable for a store that does not answer
 */
export async function withCmpSecrets<Settings extends WithCmp>(settings: Settings): Promise<Settings> {
  const { cmp, references } = settings;
  if (cmp === null || references === undefined) return settings;
  return { ...settings, cmp: { ...cmp, auth: await resolvedAuth(cmp.auth, references) } };
}

async function resolvedAuth(auth: CmpAuth, references: References): Promise<CmpAuth> {
  const given = 'token' in auth ? { CMP_TOKEN: auth.token } : { CMP_KEY: auth.key, CMP_SECRET: auth.secret };
  const texts = Object.entries<Secret>(given).map(([name, one]) => [name, one.reveal()] as const);
  const stored = Object.fromEntries(texts.filter(([, text]) => isStored(text)));
  const found = await resolveReferences(stored, 'environment', references);
  const of = (name: string, plain: Secret) => (name in found ? filled(name, found[name]) : plain);
  if ('token' in auth) return { token: of('CMP_TOKEN', auth.token) };
  return { key: of('CMP_KEY', auth.key), secret: of('CMP_SECRET', auth.secret) };
}

function filled(name: string, value: unknown): Secret {
  const text = String(value).trim();
  if (text !== '') return secret(text);
  throw new InvalidConfig(`environment.${name}: what it refers to is empty`, { code: 'UNSET_REFERENCE' });
}
