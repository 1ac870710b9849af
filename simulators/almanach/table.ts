import type { Row, VolumeType } from './row.ts';

/** What the database holds, in the order of insertion; nothing in it is unique. */
export interface Table {
  readonly rows: readonly Row[];
  readonly volumeTypes: readonly VolumeType[];
  /** The first open row of an id, whatever its type. */
  open(id: string): Row | undefined;
  insert(row: Row): void;
  replace(old: Row, row: Row): void;
  remove(row: Row): void;
  insertType(type: VolumeType): void;
  /** Removes all of an id. @returns how many they were */
  removeTypes(id: unknown): number;
}

export function createTable(rows: readonly Row[] = [], volumeTypes: readonly VolumeType[] = []): Table {
  const stored = [...rows];
  let types = [...volumeTypes];
  return {
    rows: stored,
    get volumeTypes() {
      return types;
    },
    open: (id) => stored.find((row) => row.id === id && row.end === null),
    insert: (row) => void stored.push(row),
    replace: (old, row) => void stored.splice(stored.indexOf(old), 1, row),
    remove: (row) => void stored.splice(stored.indexOf(row), 1),
    insertType: (type) => void types.push(type),
    removeTypes(id) {
      const kept = types.filter((type) => type.id !== id);
      const removed = types.length - kept.length;
      types = kept;
      return removed;
    },
  };
}
