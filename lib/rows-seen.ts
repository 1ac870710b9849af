import { hash } from 'node:crypto';

/** Every row of a walk, those that were not asked for too: any of them may have pushed another off its page. */
export interface RowsSeen {
  add(rows: readonly unknown[]): void;
  /** Null when no row came on two pages; else what tells this walk from one that gave other rows. */
  repeated(): string | null;
}

export function rowsSeen(): RowsSeen {
  const digests: string[] = [];
  let pages = 0;
  return {
    add(rows) {
      pages += 1;
      for (const row of rows) digests.push(digestOf(row));
    },
    repeated() {
      if (pages < 2 || new Set(digests).size === digests.length) return null;
      return hash('sha256', digests.sort().join(''), 'hex');
    },
  };
}

function digestOf(row: unknown): string {
  try {
    return hash('md5', JSON.stringify(row) ?? '', 'base64');
  } catch {
    return 'a row that cannot be printed';
  }
}
