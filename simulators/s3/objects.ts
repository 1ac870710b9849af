import { createHash } from 'node:crypto';

/** An object as it is kept. */
export interface StoredObject {
  readonly body: string;
  readonly etag: string;
  readonly type: string;
  /** The user's metadata, by lower-case names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One page of a listing. */
export interface Page {
  readonly keys: readonly string[];
  readonly folders: readonly string[];
  /** Where the next page begins; null on the last. */
  readonly next: string | null;
}

export function storedObject(body: string, type: string, metadata: StoredObject['metadata']): StoredObject {
  return { body, type, metadata, etag: `"${createHash('md5').update(body).digest('hex')}"` };
}

/** Keys in order, those with a common part up to the delimiter as one folder; at most `size` entries. */
export function pageOf(
  all: Iterable<string>,
  asked: {
    readonly prefix: string;
    readonly delimiter: string;
    readonly after: string;
    readonly size: number;
  },
): Page {
  const { prefix, delimiter, after, size } = asked;
  const entries = new Map<string, 'key' | 'folder'>();
  for (const key of [...all].filter((name) => name.startsWith(prefix)).sort()) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(key, 'key');
    else entries.set(key.slice(0, end + delimiter.length), 'folder');
  }
  const rest = [...entries].filter(([name]) => name > after);
  const page = rest.slice(0, size);
  const named = (kind: 'key' | 'folder') => page.filter((entry) => entry[1] === kind).map(([name]) => name);
  return {
    keys: named('key'),
    folders: named('folder'),
    next: rest.length > size ? (page.at(-1)?.[0] ?? null) : null,
  };
}
