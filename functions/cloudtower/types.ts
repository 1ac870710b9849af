import * as z from 'zod';
import { baseUrl, secretText, tlsFields } from '../../lib/credentials.ts';

/** All of the API lives below it (sheet 0); an account may name the tower alone. */
const API = '/v2/api';

/** The API's base URL without a slash at its end. */
const apiUrl = baseUrl.transform((given) => {
  const url = new URL(given);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(API) ? path : `${path}${API}`;
  return url;
});

/** An account's credentials (contract: Accounts file): a user and its password, or a key. */
export const cloudTowerConfig = z.object({
  url: apiUrl,
  username: z.string().min(1).nullish(),
  password: secretText.nullish(),
  source: z.enum(['LOCAL', 'LDAP', 'AUTHN', 'SSO']).default('LOCAL'),
  /** Names the identity source of `AUTHN`. */
  auth_config_id: z.string().min(1).nullish(),
  api_key: secretText.nullish(),
  /** Length of a cell; a divisor of a day. */
  grid_minutes: z.coerce
    .number()
    .int()
    .positive()
    .refine((minutes) => 1440 % minutes === 0, 'expected a divisor of a day, 1440 minutes')
    .default(60),
  /** IANA name: where the tower empties its recycle bins at 23:59 (sheet 2.6). */
  tower_timezone: z.string().min(1).default('UTC'),
  ...tlsFields,
});

export type CloudTowerConfig = z.output<typeof cloudTowerConfig>;
