import type { Explained, ExplainedMetric } from './explain.ts';
import { table } from './table.ts';

/** What is explained, and by what. */
export interface About {
  readonly provider: string;
  readonly mapping: string;
  readonly index: number;
  readonly of: number;
}

/** The way of one raw record to its metrics, as text. */
export function explanation(records: readonly Explained[], { mapping, index, of }: About): string {
  const head = `record ${index} of ${of}, by ${mapping}\n`;
  const none = ['no usage: the provider does not count this record\n'];
  return [head, ...(records.length === 0 ? none : records.map(describe))].join('\n');
}

function describe(record: Explained): string {
  const { kind, resource, period, tenant, location, attributes, variables, metrics } = record;
  const fields = [
    ['kind', kind],
    ['resource', named(resource)],
    ['period', period.endsWith('/..') ? `${period} (shown for its first hour)` : period],
    ['tenant', tenant ? `${named(tenant)}${tenant.path ? ` in ${tenant.path}` : ''}` : 'none'],
    ['location', location ? named(location) : 'none'],
    ...Object.entries(attributes).map(([name, value]) => [`attribute ${name}`, text(value)]),
  ];
  const numbers = Object.entries(variables)
    .filter(isNumeric)
    .map(([name, value]) => [name, text(value)]);
  const made = metrics.length === 0 ? [`no metric: ${kind} is not mapped\n`] : metrics.map(describeMetric);
  return [table(['field', 'value'], fields), table(['variable', 'value'], numbers), ...made].join('\n');
}

/** What an expression can name; other text is an error in one. JSON shows it all. */
function isNumeric([, value]: readonly [string, unknown]): boolean {
  if (typeof value === 'string') return value.trim() !== '' && Number.isFinite(Number(value));
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

function describeMetric(metric: ExplainedMetric): string {
  const { key, metric: name, specialisation, unit, expression, variables } = metric;
  const values = Object.entries(variables).map(([variable, value]) => `  ${variable} = ${text(value)}\n`);
  const full = specialisation === '' ? name : `${name}.${shown(specialisation)}`;
  return [
    `${key} → ${full}${unit === null ? '' : ` [${unit}]`}\n`,
    `  ${expression}\n`,
    ...values,
    `  ${resultOf(metric)}\n`,
  ].join('');
}

function resultOf({ result, error, unit }: ExplainedMetric): string {
  if (error) return `no metric: ${error.exc_type}: ${error.exc_message}`;
  if (result === null) return 'no metric: the result is NULL';
  return `= ${result}${unit === null ? '' : ` ${unit}`}`;
}

function named({ id, name }: { readonly id: string; readonly name?: string }): string {
  return shown(name === undefined ? id : `${id} (${name})`);
}

function text(value: unknown): string {
  return value === null ? 'NULL' : shown(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A provider's text must not steer the terminal, nor break the line. */
function shown(value: string): string {
  return value.replace(/\p{Cc}/gu, ' ');
}
