import { hash } from 'node:crypto';

/** Every row of a walk, those that were not asked for too: any of them may have pushed another off its page. */
export interface RowsSeen {
  add(rows: readonly unknown[]): void;
  /** Null when no row came on two pages; else what tells this walk from one that gave other rows. */
  repeated(): string | null;
}

export function rowsSeen(): RowsSeen {
  const marks: number[] = [];
  let pages = 0;
  return {
    add(rows) {
      pages += 1;
      for (const row of rows) marks.push(markOf(row));
    },
    repeated() {
      if (pages < 2 || new Set(marks).size === marks.length) return null;
      return hash('sha256', Buffer.from(Float64Array.from(marks).sort().buffer), 'hex');
    },
  };
}

/**
 * Tells rows apart: 53 bits over names and values. Rows that are taken for equal and are not (once in ten thousand
 * walks of a million rows) cost a second walk, and nothing else.
 */
function markOf(row: unknown): number {
  const mark: Mark = { a: 0x811c9dc5, b: 0x9e3779b9 };
  mix(mark, row, 0);
  return (mark.a >>> 11) * 0x1_0000_0000 + (mark.b >>> 0);
}

interface Mark {
  a: number;
  b: number;
}

/** Deeper than any honest row: what is nested further is not told apart. */
const DEEPEST = 50;

function mix(mark: Mark, value: unknown, depth: number): void {
  if (typeof value === 'string') mixText(mark, value);
  else if (typeof value !== 'object' || value === null) mixText(mark, String(value));
  else if (depth < DEEPEST) {
    mixText(mark, '{');
    for (const name in value) {
      mixText(mark, name);
      mix(mark, (value as Record<string, unknown>)[name], depth + 1);
    }
    mixText(mark, '}');
  }
}

function mixText(mark: Mark, text: string): void {
  let { a, b } = mark;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0x85ebca6b) ^ (b >>> 15);
  }
  // An end: what is split otherwise is something else.
  mark.a = Math.imul(a ^ 0x1_0000, 0x01000193);
  mark.b = Math.imul(b + 0x1_0000, 0x85ebca6b) ^ (b >>> 15);
}
