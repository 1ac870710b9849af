/** Pure: what is taken out of HTTP exchanges and rows before they are kept or shown. */
import { isSecretName, type Redact } from '../redact.ts';

/** Members and headers whose values are secret beside those that are secret in any text. */
const moreSecrets =
  /^(?:user-?api-?key|user-?data|private_?key|passphrase|admin_?pass|openstack-auth-receipt)$/i;

/** Is this the name of a header, or of a member of a body, whose value is a secret? */
export function isCredential(name: string): boolean {
  return isSecretName(name) || moreSecrets.test(name);
}

/** Is this the name of a parameter that proves who asks? Every signature has its own expiry. */
export function isCredentialParameter(name: string): boolean {
  return isCredential(name) || /^expires$/i.test(name);
}

/** Where a token is an object, its id is the token itself. @param parent the name of what holds the member */
export function isTokenId(parent: string, name: string): boolean {
  return name === 'id' && /^token$/i.test(parent);
}

/** Makes a JSON value printable: no value of a secret name, and no secret value, wherever it stands. */
export function scrubJson(value: unknown, redact: Redact, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => scrubJson(one, redact, name));
  if (typeof value === 'object' && value !== null) {
    const hiddenAs = (key: string) => (isTokenId(name, key) ? name : key);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [redact(key), scrubJson(inner, redact, hiddenAs(key))]),
    );
  }
  if (isCredential(name) && (typeof value === 'number' || (typeof value === 'string' && value !== '')))
    return `<${name}>`;
  return typeof value === 'string' ? redact(value) : value;
}

/** A body: JSON, a form, or any text. JSON without a secret stays as it is: rewriting could round its numbers. */
export function scrubBody(text: string, redact: Redact): string {
  const json = parseJson(text);
  if (json === undefined) return isForm(text) ? scrubForm(text, redact) : redact(text);
  const scrubbed = JSON.stringify(scrubJson(json, redact));
  return scrubbed === JSON.stringify(json) ? text : scrubbed;
}

/** A query without its question mark, or the body of a form. */
export function scrubForm(form: string, redact: Redact): string {
  const scrubPair = (pair: string) => {
    const [name = ''] = pair.split('=', 1);
    const [[known] = ['']] = [...new URLSearchParams(pair)];
    return isCredentialParameter(known) ? `${name}=<${known}>` : redact(pair);
  };
  return form.split('&').map(scrubPair).join('&');
}

/** Headers in the order of their names. */
export function scrubHeaders(headers: Readonly<Record<string, string>>, redact: Redact): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name, isCredential(name) ? `<${name}>` : redact(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @returns undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isForm(text: string): boolean {
  return /^[^\s=&<{]+=\S*$/.test(text);
}
