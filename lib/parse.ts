import type * as z from 'zod';

/** Raised with a message whose paths are true from outside: `event.resource.poll_interval: …`. */
type Refusal = new (message: string) => Error;

/**
 * Parses at the door, once. A schema's messages name what was expected, never what was found: the value may
 * be a secret.
 * @param root how the reader knows the value: `event`, `accounts.yaml`.
 */
export function parse<Output>(
  schema: z.ZodType<Output>,
  value: unknown,
  root: string,
  Refused: Refusal,
): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refused(result.error.issues.map((issue) => describe(issue, root)).join('; '));
}

function describe(issue: z.core.$ZodIssue, root: string): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .map((key) => `${pathOf(root, [...issue.path, key])}: is not a known setting`)
      .join('; ');
  }
  return `${pathOf(root, issue.path)}: ${issue.message.replace(/^Invalid input: /, '')}`;
}

/** `root.credentials.url`, `root.accounts[2]`, `root["odd key"]`. */
function pathOf(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return /^[\w-]+$/.test(String(key))
      ? `${text}.${String(key)}`
      : `${text}[${JSON.stringify(String(key))}]`;
  }, root);
}
