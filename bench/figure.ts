/** What figures are measured with. */
export interface BenchOptions {
  /** Usage records of one scene. */
  readonly records: number;
  /** Over which they are spread. */
  readonly cells: number;
}

/** One figure of speed or memory, as it is published: `P1`. */
export interface Figure {
  readonly id: string;
  readonly name: string;
  /** Rows of one width; the first is the heading. */
  measure(options: BenchOptions): Promise<readonly Row[]>;
}

export type Row = readonly string[];

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function seconds(time: number): string {
  return `${time.toFixed(2)} s`;
}

/** A ratio, or `–` where there is nothing to hold it against. */
export function ratio(part: number, whole: number): string {
  return whole > 0 ? (part / whole).toFixed(2) : '–';
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Lines of a table: the first column to the left, numbers to the right. */
export function* linesOf(rows: readonly Row[]): Generator<string> {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((text, at) =>
      at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0),
    );
    yield `    ${cells.join('  ')}`.trimEnd();
  }
}
