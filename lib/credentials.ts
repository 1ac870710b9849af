import * as z from 'zod';
import { type Secret, secret } from './secret.ts';

/** Parts of credentials that every provider shares. Messages say what was expected, never what was found. */

/** A text that becomes unprintable where it enters. */
export const secretText: z.ZodType<Secret> = z.string().min(1, 'expected a value').transform(secret);

/** An http(s) URL without user, query or fragment. */
export const baseUrl: z.ZodType<URL> = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password;
  if (!plain || url.search !== '' || url.hash !== '') {
    context.addIssue('expected an http or https URL without user, query or fragment');
    return z.NEVER;
  }
  return url;
});

/** TLS settings of an account. Certificates are verified unless that is switched off in so many words. */
export const tlsFields = {
  ca_bundle: z
    .string()
    .includes('-----BEGIN CERTIFICATE-----', { error: 'expected certificates in PEM form' })
    .nullish(),
  verify_ssl: z
    .union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] }), z.null()])
    .optional()
    .transform((value) => value !== false),
};

/** The TLS settings as the HTTP client takes them. */
export function tlsOf(config: {
  readonly ca_bundle?: string | null | undefined;
  readonly verify_ssl: boolean;
}): {
  readonly ca?: string;
  readonly verify: boolean;
} {
  return { verify: config.verify_ssl, ...(config.ca_bundle ? { ca: config.ca_bundle } : {}) };
}
