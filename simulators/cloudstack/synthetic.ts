import { HOUR, type Interval, type Millis, SECOND } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import type { Calendar } from './calendar.ts';
import { formatRecordDate } from './dates.ts';
import type { Settings, Synthetic } from './options.ts';
import type { PageRequest } from './paging.ts';
import { formatAmount } from './usage-record.ts';
import { GIB, type Tenant, type World } from './world.ts';

/** A row of a benchmark: of types 1, 2 and 6 in turn, one resource for each index. */
export interface SyntheticRow {
  readonly type: 1 | 2 | 6;
  readonly id: string;
  readonly owner: Tenant;
  readonly period: Interval;
  /** Millionths of an hour. */
  readonly amount: number;
}

/** Rows without a history, as fast as text can be joined. */
export interface SyntheticTable {
  /** The JSON of a page, and the count of all. The dates are inclusive, as in a query. */
  page(
    from: Millis,
    to: Millis,
    request: PageRequest,
  ): { readonly count: number; readonly records: readonly string[] };
  rows(interval: Interval): Generator<SyntheticRow>;
}

export function syntheticTable(
  synthetic: Synthetic,
  settings: Settings,
  world: World,
  calendar: Calendar,
): SyntheticTable {
  const cells = cellsFrom(synthetic, calendar);
  const write = writer(settings, world, calendar);
  return {
    page(from, to, { page, pageSize }) {
      const asked = cells.filter(({ start, end }) => from <= start && end - SECOND <= to);
      const count = asked.length * synthetic.recordsPerCell;
      const last = Math.min(page * pageSize, count);
      const records: string[] = [];
      for (let row = (page - 1) * pageSize; row < last; row += 1) {
        const period = asked[Math.floor(row / synthetic.recordsPerCell)];
        if (period) records.push(write(row % synthetic.recordsPerCell, period));
      }
      return { count, records };
    },
    *rows({ start, end }) {
      for (const period of cells.filter((cell) => start <= cell.start && cell.start < end)) {
        for (let index = 0; index < synthetic.recordsPerCell; index += 1) yield rowOf(world, index, period);
      }
    },
  };
}

function cellsFrom({ start, cells }: Synthetic, calendar: Calendar): Interval[] {
  const periods: Interval[] = [];
  for (let day = calendar.dayOf(start); periods.length < cells; day += 1) {
    periods.push(...calendar.periodsOf(day).filter((period) => period.start >= start));
  }
  return periods.slice(0, cells);
}

const types = [1, 2, 6] as const;

function rowOf(world: World, index: number, period: Interval): SyntheticRow {
  return {
    type: typeOf(index),
    id: idOf(index),
    owner: world.tenants[index % world.tenants.length] as Tenant,
    period,
    amount: amountOf(index, period),
  };
}

function typeOf(index: number): 1 | 2 | 6 {
  return types[index % types.length] as 1 | 2 | 6;
}

function idOf(index: number): string {
  return `5a17e71c-0000-4000-a000-${index.toString(16).padStart(12, '0')}`;
}

function amountOf(index: number, { start, end }: Interval): number {
  return ((index * 7_919_777) % (((end - start) / HOUR) * 1_000_000)) + 1;
}

/** What does not change from row to row is made once; what changes with the period, once a period. */
function writer({ seed, dateFormat }: Settings, world: World, calendar: Calendar) {
  const shapes = world.tenants.flatMap((owner) => types.map((type) => shapeOf(seed, world, owner, type)));
  let known: { period: Interval; dates: string } | null = null;
  return (index: number, period: Interval): string => {
    if (known?.period !== period) known = { period, dates: datesOf(period, calendar, dateFormat) };
    const shape = shapes[(index % world.tenants.length) * types.length + (index % types.length)] ?? '';
    const raw = formatAmount(amountOf(index, period), 'hours');
    const id = idOf(index);
    const own = typeOf(index) === 6 ? '' : `"virtualmachineid":"${id}","name":"vm-${index}",`;
    return `${shape},"usageid":"${id}",${own}"rawusage":"${raw}","usage":"${raw} Hrs",${known.dates}`;
  };
}

function datesOf({ start, end }: Interval, calendar: Calendar, format: Settings['dateFormat']): string {
  const startdate = formatRecordDate(start, calendar, format);
  return `"startdate":"${startdate}","enddate":"${formatRecordDate(end - SECOND, calendar, format)}","tags":[]}`;
}

function shapeOf(
  seed: number,
  { zones, serviceOfferings, templates }: World,
  owner: Tenant,
  type: 1 | 2 | 6,
): string {
  const [offering] = serviceOfferings;
  const [template] = templates;
  const common = {
    ...(owner.project
      ? { project: owner.name, projectid: owner.id }
      : { account: owner.name, accountid: owner.id }),
    domainid: owner.domain.id,
    domain: owner.domain.name,
    zoneid: zones[0]?.id,
    usagetype: type,
  };
  const own =
    type === 6
      ? { description: 'Volume usage', offeringid: uuidOf(seed, 'diskoffering', 'Small'), size: 20 * GIB }
      : {
          description: `${type === 1 ? 'Running' : 'Allocated'} VM usage`,
          offeringid: offering?.id,
          templateid: template?.id,
          type: 'KVM',
          cpunumber: 2,
          cpuspeed: 1000,
          memory: 4096,
        };
  return JSON.stringify({ ...common, ...own }).slice(0, -1);
}
