import * as z from 'zod';
import { baseUrl, tlsFields } from '../../lib/credentials.ts';
import { checkKeystone, keystoneFields } from '../../lib/keystone.ts';
import { isCurrency } from '../../lib/models/currency.ts';

/** An account's credentials (contract: Accounts file). */
export const cloudKittyConfig = z
  .object({
    ...keystoneFields,
    /** CloudKitty knows no currency: a price is a bare number (sheet 3.8). */
    currency: z.string().refine(isCurrency, 'expected the ISO 4217 code of a currency, such as EUR'),
    /** Whose usage is read; when absent, that of the credentials' project, or of all for an administrator. */
    project_ids: z
      .array(z.string().regex(/^[A-Za-z0-9_.-]{1,255}$/, 'expected a project id'))
      .min(1)
      .nullish(),
    /** Instead of the catalog's endpoint of type `rating`. */
    url: baseUrl.nullish(),
    ...tlsFields,
  })
  .superRefine(checkKeystone);

export type CloudKittyConfig = z.output<typeof cloudKittyConfig>;

/** A decimal as text, exponents included; also one that JSON had as a number. */
const decimal = z.union([z.string(), z.number().transform(String)]);

const texts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .nullish()
  .transform((value) => value ?? {});

/** A row of `/v2/summary` (sheet 5.1), whatever format it came in; groups that nobody knows are "". */
export const cloudKittySummaryRow = z.looseObject({
  begin: z.string(),
  end: z.string(),
  qty: decimal.nullable(),
  rate: decimal.nullable(),
  project_id: z.string(),
  id: z.string().nullish(),
  type: z.string().min(1),
});

/** A point of `/v2/dataframes` (sheet 5.2) with its period and type beside it: pages split periods. */
export const cloudKittyPoint = z.looseObject({
  period: z.object({ begin: z.string(), end: z.string() }),
  type: z.string().min(1),
  vol: z.object({ unit: z.string().nullish(), qty: decimal }),
  rating: z.object({ price: decimal }).nullish(),
  groupby: texts,
  metadata: texts,
});

/** A resource of `/v1/storage/dataframes` (sheet 4.3) with its frame's dates beside it. */
export const cloudKittyResource = z.looseObject({
  begin: z.string(),
  end: z.string(),
  tenant_id: z.string().nullish(),
  service: z.string().min(1),
  volume: decimal,
  rating: decimal,
  desc: texts,
  /** Not on the wire here: from `/v1/info/metrics`. */
  unit: z.string().nullish(),
});

/** A row of `/v2/scope` (sheet 5.4): up to 18.0 `state`, from 15.0 on `last_processed_timestamp`. */
export const cloudKittyScope = z.looseObject({
  scope_id: z.string(),
  state: z.string().nullish(),
  last_processed_timestamp: z.string().nullish(),
  active: z.boolean().nullish(),
});

/** A row of `/v2/task/reprocesses` (sheet 5.6); "" where it has not begun. */
export const cloudKittyReprocess = z.looseObject({
  scope_id: z.string(),
  start_reprocess_time: z.string(),
  end_reprocess_time: z.string(),
  current_reprocess_time: z.string().nullish(),
});
