import { createHash } from 'node:crypto';
import { cellName } from '../lib/sink/names.ts';
import type { PartitionState } from '../lib/state/state.ts';
import { sumsOf, type Truth } from './cloudstack-run.ts';
import { differenceOf, linesOf } from './delivered.ts';

type Texts = ReadonlyMap<string, string>;

/** What is wrong with a place, by what was promised. */
export interface Wrong {
  readonly promise: 'lost' | 'duplicated' | 'other';
  readonly what: string;
}

/** Nothing may be said to be there that is not; the sink may be ahead of the state by the cell that was under way. */
export function aheadOfSink(texts: Texts, { cells }: PartitionState): Wrong[] {
  const digests = cells.map((cell) => ({ name: fileOf(cellName(cell)), digest: cell.digest }));
  const missing = digests.filter(({ name }) => !texts.has(name));
  const others = digests.filter(({ digest, name }) => texts.has(name) && digestOf(texts, name) !== digest);
  return [
    ...missing.map(({ name }) => ({ promise: 'lost' as const, what: `${name} is committed and not there` })),
    ...others.slice(1).map(({ name }) => other(`${name} is not what was committed`)),
  ];
}

/** At every moment each cell is there as a whole, or not at all. */
export function halfWritten(texts: Texts, rows: readonly number[]): Wrong[] {
  return cellsIn(texts)
    .filter(
      ([, text]) => !(rows.includes(text.split('\n').length - 1) && (text === '' || text.endsWith('\n'))),
    )
    .map(([name]) => other(`${name} is there in part`));
}

/** When a sync has come to its end: everything once, nothing else, and the manifest says so. */
export function notAsTrue(texts: Texts, { hours, sums }: Truth): Wrong[] {
  const lines = cellsIn(texts).flatMap(([, text]) => linesOf(text));
  const found = sumsOf(lines, hours);
  const missing = [...sums.keys()].filter((at) => !found.has(at));
  const again = lines.length - new Set(lines.map(({ key }) => key)).size;
  const difference = differenceOf(found, sums);
  return [
    ...missing.map((at) => ({ promise: 'lost' as const, what: `${at} is missing` })),
    ...Array.from({ length: again }, () => ({ promise: 'duplicated' as const, what: 'a key comes again' })),
    ...(difference && missing.length + again === 0 ? [other(difference)] : []),
    ...leftIn(texts).map((name) => other(`${name} was left behind`)),
    ...wrongManifest(texts),
  ];
}

function wrongManifest(texts: Texts): Wrong[] {
  const { cells = {} } = JSON.parse(texts.get('manifest.json') ?? '{}') as { cells?: Record<string, string> };
  const names = new Set([...Object.keys(cells), ...cellsIn(texts).map(([name]) => name)]);
  return [...names]
    .filter((name) => !texts.has(name) || cells[name] !== digestOf(texts, name))
    .map((name) => other(`manifest.json: ${name} is ${cells[name]}`));
}

/** Half-written files, and what was to become a claim. */
function leftIn(texts: Texts): string[] {
  return [...texts.keys()].filter(
    (name) => name.endsWith('.tmp') || /\.lease\/(?!\d{12}\/released\.json$)/.test(name),
  );
}

function cellsIn(texts: Texts): [name: string, text: string][] {
  return [...texts].filter(([name]) => name.startsWith('metrics/') && name.endsWith('.ndjson'));
}

function fileOf(cell: string): string {
  return `metrics/acme/all/${cell}.ndjson`;
}

function digestOf(texts: Texts, name: string): string {
  return createHash('sha256')
    .update(texts.get(name) ?? '')
    .digest('hex');
}

function other(what: string): Wrong {
  return { promise: 'other', what };
}
