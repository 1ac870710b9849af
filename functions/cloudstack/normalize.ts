import { withoutDuplicates } from '../../lib/duplicates.ts';
import { MalformedResponse } from '../../lib/errors.ts';
import { memo } from '../../lib/memo.ts';
import type { Tenant, UsageRecord, Variables } from '../../lib/models/usage.ts';
import type { Settled } from '../../lib/provider.ts';
import { formatInstant, type Interval, type Millis, parseInstant, SECOND } from '../../lib/time.ts';
import { type CloudStackUsageRecord, cloudStackUsageRecord } from './types.ts';
import { kindOf, resourceIdOf } from './usage-types.ts';

/** A row of listUsageRecords as a usage record. @throws MalformedResponse naming the record and the field. */
export function normalizeUsage(raw: unknown): UsageRecord[] {
  const row = fieldsOf(parseRow(raw), raw as object);
  const period = periodOf(row);
  const id = resourceIdOf(row);
  if (id === null) throw malformed(row, 'usageid', 'nothing in the record names its resource');
  const identity = identityOf(row, period);
  return [
    {
      kind: kindOf(row),
      resource: row.name ? { id, name: row.name } : { id },
      period,
      variables: row as unknown as Variables,
      tenant: tenantOf(row),
      location: row.zoneid ? { id: row.zoneid } : null,
      attributes: attributesOf(row),
      identity,
      fingerprint: () => JSON.stringify([...identity, row.description, String(row.rawusage)]),
      raw,
    },
  ];
}

/**
 * A row with its amount, as expressions may name its fields: of those that it lacks, the amounts are NULL. A copy of
 * what came, in one go: what the schema gives, and a copy that is added to, take three times the memory.
 */
function fieldsOf(row: CloudStackUsageRecord, raw: object): CloudStackUsageRecord & { value: number } {
  const fields = {
    size: null,
    virtualsize: null,
    cpunumber: null,
    cpuspeed: null,
    memory: null,
    value: Number.NaN,
    ...raw,
  };
  fields.value = amountOf(row);
  return fields as unknown as CloudStackUsageRecord & { value: number };
}

/**
 * The instant of a record's date. Two formats are in the wild: quotation marks around the T, and none; both
 * carry their offset, and one without it cannot be placed (sheet 2.2).
 */
export function instantOf(text: string): Millis | null {
  return text.length > LONGEST_DATE ? null : instantOfDate(text);
}

/** No date is longer; a text that is must not be remembered either. */
const LONGEST_DATE = 48;

const instantOfDate = memo((text: string) =>
  /([Zz]|[+-]\d{2}:?\d{2})$/.test(text) ? parseInstant(text.replaceAll("'", '')) : null,
);

/** When a row begins, as far as it can still be read. */
export function startOfUsage(raw: unknown): Millis | null {
  const start = typeof raw === 'object' && raw !== null && 'startdate' in raw ? raw.startdate : null;
  return typeof start === 'string' ? instantOf(start) : null;
}

/** The usage server repeats rows when it reprocesses (sheet 2.6): of equal rows one counts. */
export function settleUsage(records: readonly UsageRecord[]): Settled {
  const distinct = withoutDuplicates(records);
  return { records: distinct, duplicates: records.length - distinct.length };
}

function parseRow(raw: unknown): CloudStackUsageRecord {
  const parsed = cloudStackUsageRecord.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(raw, String(issue?.path.join('.') ?? ''), issue?.message ?? 'unreadable');
}

/** Stored to the second, the end being the last one: half-open, the period ends a second later (sheet 2.6). */
function periodOf(row: CloudStackUsageRecord): Interval {
  const start = instantOf(row.startdate);
  const last = instantOf(row.enddate);
  if (start === null) throw malformed(row, 'startdate', 'not a date with an offset');
  if (last === null) throw malformed(row, 'enddate', 'not a date with an offset');
  if (last < start) throw malformed(row, 'enddate', 'lies before startdate');
  return { start, end: last + SECOND };
}

/**
 * Plain decimals whose sign follows the server's locale, without grouping (sheet 2.2). Not trimmed: a blank may
 * stand where a control character took the place of a digit.
 */
function amountOf(row: CloudStackUsageRecord): number {
  const text = String(row.rawusage);
  if (!/^\d{1,30}([.,]\d{1,20})?$/.test(text)) throw malformed(row, 'rawusage', 'not a plain decimal number');
  return Number(text.replace(',', '.'));
}

/** A record belongs to a project or to an account, and then lacks the other's fields (sheet 2.2). */
function tenantOf(row: CloudStackUsageRecord): Tenant | null {
  const [id, name] = row.projectid ? [row.projectid, row.project] : [row.accountid, row.account];
  if (!id) return null;
  return { id, ...(name ? { name } : {}), ...(row.domainpath ? { path: row.domainpath } : {}) };
}

/** What is printed with every metric; what is undefined is left out. */
function attributesOf(row: CloudStackUsageRecord): UsageRecord['attributes'] {
  const attributes = {
    domainid: row.domainid,
    domain: row.domain,
    offeringid: row.offeringid,
    templateid: row.templateid,
    osdisplayname: row.osdisplayname,
    virtualmachineid: row.virtualmachineid,
    networkid: row.networkid,
    vpcid: row.vpcid,
    cpunumber: row.cpunumber ?? undefined,
    cpuspeed: row.cpuspeed ?? undefined,
    memory: row.memory ?? undefined,
    size: row.size ?? undefined,
    virtualsize: row.virtualsize ?? undefined,
    issourcenat: row.issourcenat,
    hypervisor: row.usagetype <= 2 ? row.type : undefined,
    type: row.usagetype <= 2 ? undefined : row.type,
  };
  if (!row.tags?.length) return attributes;
  const tags = row.tags.map(({ key, value }) => [`tag.${key}`, value ?? '']);
  return { ...attributes, ...Object.fromEntries(tags) };
}

/** Sheet 2.6's list without description and amount; dates as instants, since two formats mean the same. */
function identityOf(row: CloudStackUsageRecord, period: Interval) {
  const fields = [
    row.usagetype,
    row.zoneid,
    row.projectid ?? row.accountid,
    row.usageid,
    row.virtualmachineid,
    row.offeringid,
    row.templateid,
    row.networkid,
    row.vpcid,
    row.type,
    row.issourcenat,
    row.size,
    row.virtualsize,
    row.cpunumber,
    row.cpuspeed,
    row.memory,
    formatInstant(period.start),
    formatInstant(period.end),
  ];
  return fields.map((field) => field ?? null);
}

function malformed(row: unknown, field: string, what: string): MalformedResponse {
  return new MalformedResponse(`listUsageRecords: ${nameOf(row)}: ${field}: ${what}`);
}

/** Names a record that has no id of its own, by what it is about. */
function nameOf(row: unknown): string {
  const fields = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  const type = typeof fields.usagetype === 'number' ? `type ${fields.usagetype}` : 'no type';
  const about = [fields.usageid, fields.virtualmachineid, fields.name].find(
    (value) => typeof value === 'string',
  );
  const start = typeof fields.startdate === 'string' ? ` from ${fields.startdate.slice(0, 40)}` : '';
  return `record (${type}${about === undefined ? '' : `, ${String(about).slice(0, 80)}`}${start})`;
}
