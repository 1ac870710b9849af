import type { UsageRecord } from './models/usage.ts';

/** Leaves out the records that the provider's rule calls the same as an earlier one. */
export function withoutDuplicates(records: readonly UsageRecord[]): UsageRecord[] {
  const alike = new Map<string, UsageRecord[]>();
  return records.filter((record) => {
    const place = `${record.kind} ${record.resource.id} ${record.period.start}`;
    const others = alike.get(place);
    if (!others) alike.set(place, [record]);
    else if (others.some((other) => other.fingerprint() === record.fingerprint())) return false;
    else others.push(record);
    return true;
  });
}
