import type { Finding } from '../provider.ts';
import { HOUR } from '../time.ts';

/** Of very many, so many are named; the windows of the report have them all. */
const MOST_NAMED = 20;

/** The findings of many cells, added up: one sentence for each kind, naming the resources. */
export function findingNotes(windows: readonly { readonly findings?: readonly Finding[] }[]): string[] {
  const kinds = new Map<string, Map<string, Sum>>();
  for (const finding of windows.flatMap(({ findings = [] }) => findings)) {
    const byId = kinds.get(finding.what) ?? new Map<string, Sum>();
    kinds.set(finding.what, byId.set(finding.id, added(byId.get(finding.id), finding)));
  }
  return [...kinds].map(([what, byId]) => {
    const named = [...byId].slice(0, MOST_NAMED).map(([id, sum]) => describe(id, sum));
    const more = byId.size > MOST_NAMED ? ` and ${byId.size - MOST_NAMED} more` : '';
    return `${what}: ${named.join(', ')}${more}`;
  });
}

interface Sum {
  readonly cells: number;
  readonly millis: number | null;
}

function added(before: Sum = { cells: 0, millis: null }, { millis }: Finding): Sum {
  return {
    cells: before.cells + 1,
    millis: millis === undefined ? before.millis : (before.millis ?? 0) + millis,
  };
}

function describe(id: string, { cells, millis }: Sum): string {
  const time = millis === null ? '' : `${Number((millis / HOUR).toFixed(4))} h in `;
  return `${id} (${time}${cells} ${cells === 1 ? 'cell' : 'cells'})`;
}
