import { InvalidConfig, StateUnavailable } from '../errors.ts';

/** Where the operator's file may refer to; each is asked only when something refers to it. */
export interface References {
  /** An environment variable; null when it is not set. */
  variable(name: string): string | null;
  /** A secret's text from Secrets Manager. */
  secret(name: string): Promise<string>;
  /** A parameter's text from the Parameter Store, decrypted. */
  parameter(name: string): Promise<string>;
}

/** References as they are meant in life. The stores' clients are loaded with the first that needs one. */
export function referencesFrom(env: Readonly<Record<string, string | undefined>>): References {
  return {
    variable: (name) => env[name] ?? null,
    secret: async (name) => (await import('../aws/secrets-manager.ts')).secretText(name),
    parameter: async (name) => (await import('../aws/ssm.ts')).parameterText(name),
  };
}

/**
 * Credentials with their references replaced: `${NAME}` anywhere in a text, `secretsmanager:NAME#key` and
 * `ssm:NAME` as the whole of it. Only ever for the operator's file: in an event such text is literal.
 * @param path how the reader knows the credentials
 * @throws InvalidConfig for a reference that leads nowhere, StateUnavailable for a store that does not answer
 */
export async function resolveReferences(
  credentials: Readonly<Record<string, unknown>>,
  path: string,
  references: References,
): Promise<Record<string, unknown>> {
  const stores = askedOnce(references);
  const resolved = Object.entries(credentials).map(async ([key, value]) => [
    key,
    typeof value === 'string' ? await resolveText(value, `${path}.${key}`, stores) : value,
  ]);
  return Object.fromEntries(await Promise.all(resolved));
}

/** Whether a text refers to a store, and says nothing by itself. */
export function isStored(text: string): boolean {
  return inStore.test(text);
}

const inStore = /^(secretsmanager|ssm):([^#]+)(#(.+))?$/s;

async function resolveText(text: string, path: string, references: References): Promise<string> {
  const [, store, name = '', , key] = inStore.exec(text) ?? [];
  if (store === 'ssm') return fetched(path, text, () => references.parameter(name));
  if (store !== undefined) {
    const whole = await fetched(path, text, () => references.secret(name));
    return key === undefined ? whole : memberOf(whole, key, `${path}: the secret ${name}`);
  }
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
    const value = references.variable(variable);
    if (value !== null) return value;
    throw new InvalidConfig(`${path}: the environment variable ${variable} is not set`, {
      code: 'UNSET_REFERENCE',
    });
  });
}

/** What a store says of a failure may repeat what was asked, never what it holds: its name is enough. */
async function fetched(path: string, reference: string, work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    const text = `${path}: ${reference} cannot be read (${name})`;
    if (/NotFound|Invalid|Validation/.test(name))
      throw new InvalidConfig(text, {
        code: 'UNSET_REFERENCE',
        hint: 'Correct the name, or store the value.',
      });
    if (/AccessDenied|Unrecognized|ExpiredToken|Credentials/.test(name))
      throw new InvalidConfig(text, {
        code: 'REFERENCE_FORBIDDEN',
        hint: 'Allow reading it: see docs/deploying.md.',
      });
    throw new StateUnavailable(text, { code: 'REFERENCE_UNAVAILABLE', hint: 'The next run tries again.' });
  }
}

function memberOf(text: string, key: string, what: string): string {
  const value = parsed(text, what)[key];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new InvalidConfig(`${what} has no key "${key}"`, { code: 'UNSET_REFERENCE' });
}

function parsed(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {}
  throw new InvalidConfig(`${what} is not a JSON object, so it has no keys`, { code: 'UNSET_REFERENCE' });
}

/** Two keys of one secret are one call. Nothing is kept beyond one account: it would be a cache of secrets. */
function askedOnce({ variable, secret, parameter }: References): References {
  const once = (ask: (name: string) => Promise<string>) => {
    const asked = new Map<string, Promise<string>>();
    return (name: string) => {
      const known = asked.get(name) ?? ask(name);
      asked.set(name, known);
      return known;
    };
  };
  return { variable, secret: once(secret), parameter: once(parameter) };
}
