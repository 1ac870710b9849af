import * as z from 'zod';
import { baseUrl, secretText, tlsFields } from '../../lib/credentials.ts';
import { checkKeystone, type KeystoneCredentials, keystoneFields } from '../../lib/keystone.ts';

/** An account's credentials (contract: Accounts file): the server's key and its URL, or a login at Keystone. */
export const almanachConfig = z
  .object({
    /** Wins over the catalog. */
    url: baseUrl.nullish(),
    /** The server's `private_key`. Wins over Keystone's tokens. */
    token: secretText.nullish(),
    /** Whose usage is read; by default the projects that Keystone names. */
    project_ids: z.array(z.string().min(1)).min(1).nullish(),
    /** Of the catalog; by default those that are in use are tried. */
    service_type: z.string().min(1).nullish(),
    /** Rows of one id that overlap: count each instant once, or add them up as Almanach does. */
    duplicates: z.enum(['union', 'sum']).default('union'),
    /** Length of a cell, UTC. */
    grid_minutes: z.coerce
      .number()
      .int()
      .positive()
      .refine((minutes) => 1440 % minutes === 0, 'expected a divisor of 1440')
      .default(60),
    ...keystoneFields,
    auth_url: keystoneFields.auth_url.nullish(),
    ...tlsFields,
  })
  .superRefine((credentials, context) => {
    const { auth_url, project_ids, token, url, ...others } = credentials;
    if (auth_url || others.username || others.user_id || others.application_credential_id) {
      return checkKeystone(
        { ...others, ...(auth_url ? { auth_url } : {}) } as Partial<KeystoneCredentials>,
        context,
      );
    }
    const need = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (!url) need('url', "expected the server's URL, or a login at Keystone");
    if (!token) need('token', "expected the server's private key, or a login at Keystone");
    if (!project_ids) need('project_ids', 'expected ids of projects: Almanach cannot list them');
  });

export type AlmanachConfig = z.output<typeof almanachConfig>;

const text = z.string().nullish();
/** What an image is: the keys that the operator allows, none by default (sheet 1.6). */
const facts = z.record(z.string(), z.unknown()).nullish();

/**
 * A row: one stretch of the life of a server or a volume. Without an id of its own, and several may have the same
 * entity (sheet 1.6). Fields we do not know are kept: an expression may name them.
 */
export const almanachRow = z.looseObject({
  entity_type: z.string().min(1),
  entity_id: z.string().min(1),
  project_id: z.string().min(1),
  start: z.string(),
  /** Null is open; absent is neither. */
  end: z.string().nullable(),
  name: text,
  last_event: text,
  processed: text,
  flavor: text,
  image_meta: facts,
  /** The same, of old servers. */
  os: facts,
  metadata: facts,
  volume_type: text,
  /** GiB: a number, or a text, or whatever was given (sheet 1.6). */
  size: z.unknown().optional(),
  attached_to: z.union([z.string(), z.array(z.string())]).nullish(),
  /** Ours, not the server's: what the account wants of rows that overlap. */
  duplicates: z.literal('sum').optional(),
});

export type AlmanachRow = z.output<typeof almanachRow>;

/** Stands for rows that the server has and cannot show (sheet 1.10). Ours, not the server's. */
export const almanachUnshown = z.object({
  unshown_type: z.string(),
  project_id: z.string(),
  /** Milliseconds: the span that was asked for. */
  start: z.number(),
  end: z.number(),
});

export type AlmanachUnshown = z.output<typeof almanachUnshown>;
