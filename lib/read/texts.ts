/** More different texts are not remembered: what does not repeat is not worth it. */
const MOST = 50_000;
/** Characters; longer texts seldom repeat. */
const LONGEST = 64;

/**
 * Keeps each text once that rows repeat: of a row's ids, names and dates most are those of the row before, and parsed
 * JSON holds every one of them anew. Rows that may not be written to are left as they are.
 */
export function sharedTexts(): (row: unknown) => void {
  const known = new Map<string, string>();
  return (row) => {
    if (typeof row !== 'object' || row === null || Object.isFrozen(row)) return;
    const fields = row as Record<string, unknown>;
    for (const name in fields) {
      const text = fields[name];
      if (typeof text !== 'string' || text.length > LONGEST) continue;
      const first = known.get(text);
      if (first !== undefined) fields[name] = first;
      else if (known.size < MOST) known.set(text, text);
    }
  };
}
