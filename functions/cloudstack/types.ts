import * as z from 'zod';
import { baseUrl, secretText, tlsFields } from '../../lib/credentials.ts';

/** An account's credentials (contract: Accounts file). */
export const cloudStackConfig = z.object({
  url: baseUrl,
  api_key: secretText,
  secret_key: secretText,
  signature_algorithm: z.enum(['sha1', 'sha512', 'auto']).default('sha1'),
  /** Narrows an administrator's view to one domain and those below it. */
  domain_id: z.string().min(1).nullish(),
  /** Minutes; used where the server does not let us ask. */
  usage_aggregation_range: z.coerce.number().int().positive().nullish(),
  /** IANA name; used where the server does not let us ask. */
  usage_aggregation_timezone: z.string().min(1).nullish(),
  ...tlsFields,
});

export type CloudStackConfig = z.output<typeof cloudStackConfig>;

const text = z.string().optional();
/** Absent is null, so that an expression which names it gives no metric. */
const amount = z.number().nullable().default(null);
const flag = z.boolean().optional();

/**
 * A row of listUsageRecords. All fields are optional on the wire; a resource whose own row is gone has no id
 * any more (sheet 2.2). Fields we do not know are kept: an expression may name them.
 */
export const cloudStackUsageRecord = z.looseObject({
  usagetype: z.number().int(),
  rawusage: z.union([z.string(), z.number()]),
  startdate: z.string(),
  enddate: z.string(),
  usage: text,
  description: text,
  account: text,
  accountid: text,
  project: text,
  projectid: text,
  domain: text,
  domainid: text,
  domainpath: text,
  zoneid: text,
  usageid: text,
  virtualmachineid: text,
  name: text,
  offeringid: text,
  templateid: text,
  osdisplayname: text,
  networkid: text,
  vpcid: text,
  type: text,
  size: amount,
  virtualsize: amount,
  cpunumber: amount,
  cpuspeed: amount,
  memory: amount,
  issourcenat: flag,
  tags: z.array(z.looseObject({ key: text, value: text })).optional(),
});

export type CloudStackUsageRecord = z.output<typeof cloudStackUsageRecord>;
