/** The namespaces that the CMP knows; a provider may use others. */
export type MetadataNamespace =
  | 'provider_specific'
  | 'default'
  | 'provider_specific_editable'
  | 'provider_metadata';

/**
 * `[key, value]` goes to the default namespace, `[namespace, key, value]` to its own; a tuple of another length
 * is ignored. Of two entries with the same key the later one counts.
 */
export type MetadataTuples = readonly (readonly unknown[])[];

/** Namespace → key → value. */
export type Metadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Gathers tuples by namespace. */
export function metadata(
  tuples: MetadataTuples,
  defaultNamespace: MetadataNamespace = 'provider_specific',
): Metadata {
  const namespaces = new Map<string, Map<string, unknown>>();
  for (const tuple of tuples) {
    if (tuple.length !== 2 && tuple.length !== 3) continue;
    const [namespace, key, value] = tuple.length === 3 ? tuple : [defaultNamespace, ...tuple];
    const entries = namespaces.get(String(namespace)) ?? new Map<string, unknown>();
    namespaces.set(String(namespace), entries.set(String(key), value));
  }
  // Not by assignment: a key `__proto__`, which is the provider's to choose, would vanish.
  return Object.fromEntries([...namespaces].map(([name, entries]) => [name, Object.fromEntries(entries)]));
}
