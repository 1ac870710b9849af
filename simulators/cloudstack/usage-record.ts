import { SECOND } from '../../lib/time.ts';
import type { Calendar } from './calendar.ts';
import { formatRecordDate } from './dates.ts';
import type { Settings } from './options.ts';
import type { Row } from './usage-job.ts';
import type { Unit } from './use.ts';
import type { Tenant } from './world.ts';

/** A record as listUsageRecords shows it (sheet 2.2); what a type does not have is absent. */
export function usageRecord(
  row: Row,
  calendar: Calendar,
  format: Settings['dateFormat'],
  includeTags: boolean,
): Record<string, unknown> {
  const { use, period, amount } = row;
  const rawusage = row.badText ?? formatAmount(amount, use.unit);
  return {
    ...ownerFields(use.owner, format),
    zoneid: use.zone.id,
    description: use.describe(amount),
    usage: usageText(row, rawusage),
    usagetype: use.type,
    rawusage,
    ...use.fields,
    startdate: formatRecordDate(period.start, calendar, format),
    enddate: formatRecordDate(period.end - SECOND, calendar, format),
    tags: includeTags ? use.tags : [],
  };
}

/** Java's `###########.######`: six decimals at most, trailing zeros cut, no exponent. */
export function formatAmount(amount: number, unit: Unit): string {
  if (unit !== 'hours') return String(amount);
  const decimals = String(amount % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${Math.floor(amount / 1_000_000)}${decimals && `.${decimals}`}`;
}

/** Project-owned rows lack the account; the path of a domain is newer than 4.19.2. */
function ownerFields({ id, name, project, domain }: Tenant, format: Settings['dateFormat']) {
  return {
    ...(project ? { project: name, projectid: id } : { account: name, accountid: id }),
    domainid: domain.id,
    domain: domain.name,
    ...(format === 'offset' ? { domainpath: domain.path } : {}),
  };
}

const suffixes: Readonly<Record<number, string>> = {
  4: 'bytes sent',
  5: 'bytes received',
  21: 'io read',
  22: 'io write',
  23: 'bytes read',
  24: 'bytes write',
  29: 'bytes',
};

/** Type 28 in bytes shows GiB; that is how the two are told apart (sheet 2.5). */
function usageText({ use, amount }: Row, rawusage: string): string {
  if (use.type === 28 && use.unit === 'bytes') return `${(amount / 1024 ** 3).toFixed(4)} GiB`;
  return `${rawusage} ${suffixes[use.type] ?? 'Hrs'}`;
}
