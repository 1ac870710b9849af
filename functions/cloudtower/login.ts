import { InvalidCredentials, MalformedResponse, SyncError } from '../../lib/errors.ts';
import type { HttpResponse, Verdict } from '../../lib/http.ts';
import type { Context } from '../../lib/provider.ts';
import { type Secret, secret } from '../../lib/secret.ts';
import { isErrorBody, readAnswer } from './answer.ts';
import type { CloudTowerConfig } from './types.ts';

/** Which identity source is asked. */
interface Source {
  readonly source: CloudTowerConfig['source'];
  readonly auth_config_id?: string;
}

/**
 * A token for the account's user (sheet 1.1). The password is given once: a refusal counts towards the lock of
 * the account, which lasts half an hour.
 * @throws InvalidCredentials when it was refused, whatever status that came with
 */
export async function login(context: Context<CloudTowerConfig>): Promise<Secret> {
  const { config, http } = context;
  const { username, password } = config;
  const source = await sourceOf(context);
  let body: unknown;
  await http.send(
    {
      method: 'POST',
      url: new URL(`${config.url.href}/login`),
      headers: { 'content-type': 'application/json', 'content-language': 'en-US' },
      body: JSON.stringify({ username, password: password?.reveal(), ...source }),
    },
    (response, byStatus) => {
      const answer = readAnswer('login', response, byStatus);
      body = answer.body;
      return judgeLogin(response, answer.body, answer.verdict);
    },
  );
  const token = tokenIn(body);
  context.conceal(token);
  return token;
}

/** The status of a refusal is not documented: 400, 401, 403, 404 and 500 all are one (sheet 1.3). */
function judgeLogin({ status }: HttpResponse, body: unknown, verdict: Verdict): Verdict {
  if (verdict.action === 'accept') return verdict;
  if (!isErrorBody(body)) return status === 500 ? { action: 'fail', error: verdict.error } : verdict;
  if (![400, 401, 403, 404, 500].includes(status)) return verdict;
  const error = new InvalidCredentials(`login: the tower refuses it: ${body.message} (${status})`, {
    code: 'LOGIN_REFUSED',
    hint: 'Check username, password and source. Repeated refusals lock the user; a user with a second factor needs an api_key; the tower may allow certain addresses only.',
    cause: verdict.error,
  });
  return { action: 'fail', error };
}

function tokenIn(body: unknown): Secret {
  const token = (body as { data?: { token?: unknown } | null } | null)?.data?.token;
  if (typeof token === 'string' && token !== '') return secret(token);
  throw new MalformedResponse('login: data.token: must be a text with a value');
}

/**
 * From 3.0 on, users of an LDAP directory log in through the identity source of that name; older towers do not
 * know the question (sheet 1.1).
 */
async function sourceOf(context: Context<CloudTowerConfig>): Promise<Source> {
  const { source, auth_config_id } = context.config;
  if (auth_config_id) return { source: source === 'LDAP' ? 'AUTHN' : source, auth_config_id };
  const ldap = source === 'LDAP' ? await identitySource(context) : null;
  return ldap === null ? { source } : { source: 'AUTHN', auth_config_id: ldap };
}

async function identitySource({ config, http }: Context<CloudTowerConfig>): Promise<string | null> {
  const url = new URL(config.url);
  url.pathname = url.pathname.replace(/\/v2\/api$/, '/api');
  try {
    const response = await http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{authnStrategies{id type}}' }),
    });
    const { data } = JSON.parse(response.text()) as { data?: { authnStrategies?: unknown } | null };
    const strategies = Array.isArray(data?.authnStrategies) ? (data.authnStrategies as unknown[]) : [];
    const found = strategies.find((one) => isLdap(one));
    return isLdap(found) ? found.id : null;
  } catch (error) {
    if (error instanceof SyncError || error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function isLdap(strategy: unknown): strategy is { id: string } {
  const { id, type } = (strategy ?? {}) as { id?: unknown; type?: unknown };
  return type === 'LDAP' && typeof id === 'string';
}
