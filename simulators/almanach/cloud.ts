import { HOUR, type Millis } from '../../lib/time.ts';
import { keyOf } from '../seeded.ts';
import { Refusal } from './answer.ts';
import { type FaultName, parseFaults } from './faults.ts';
import { createGate, type Gate } from './gate.ts';
import { historyOf } from './history.ts';
import type { Settings } from './options.ts';
import type { Row, StrangeRow } from './row.ts';
import { asHeard, spoilt } from './row-faults.ts';
import { type Form, rowFrom } from './shown.ts';
import { createTable, type Table } from './table.ts';
import { type World, worldOf } from './world.ts';

/** All that the views of one server work on. */
export interface Cloud {
  readonly settings: Settings;
  readonly world: World;
  /** Brought up to the clock by `catchUp`. */
  readonly table: Table;
  readonly gate: Gate;
  readonly privateKey: string;
  readonly faults: ReadonlySet<FaultName>;
  /** Lets happen what has happened by now. */
  catchUp(): void;
  /** The rows as the faults let them be seen. */
  rows(): readonly Row[];
  spoilt(row: Row, fields: Record<string, unknown>): Record<string, unknown>;
  form(): Form;
  /** The local clock, read as if it were UTC. */
  localNow(): Millis;
  setFaults(names: readonly string[]): void;
}

export function cloudOf(settings: Settings): Cloud {
  const { seed, now, dateFormat } = settings;
  const world = worldOf(settings);
  const table = tableOf(settings, world);
  const history = settings.rows === null ? historyOf(world) : null;
  const privateKey = keyOf(seed, 'almanach', 'private key').slice(0, 40);
  let faults = parseFaults(settings.faults);
  let caughtUp = Number.NEGATIVE_INFINITY;
  const strange = strangeRow(world);
  return {
    settings,
    world,
    table,
    gate: createGate(settings, privateKey),
    privateKey,
    get faults() {
      return faults;
    },
    catchUp() {
      const until = now();
      if (until <= caughtUp) return;
      for (const event of history?.between(caughtUp, until) ?? []) happen(event, table);
      caughtUp = until;
    },
    rows() {
      const rows = asHeard(seed, faults, table.rows, now());
      return faults.has('unknown-entity-type') ? [...rows, strange] : rows;
    },
    spoilt: (row, fields) => spoilt(seed, faults, row, fields),
    form: () => ({ dateFormat, oldRelease: faults.has('old-release') }),
    localNow: () => now() - (faults.has('end-missing-local-clock') ? 5 * HOUR : 0),
    setFaults(names) {
      faults = parseFaults(names);
    },
  };
}

/** What history wants of a row that a write through the API has closed or removed is refused, as on a real server. */
function happen(event: { apply(table: Table): void }, table: Table): void {
  try {
    event.apply(table);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function tableOf({ rows, volumeTypes }: Settings, world: World): Table {
  if (rows === null) return createTable([], world.volumeTypes);
  const types = volumeTypes.map((type) => ({ id: type.volume_type_id, name: type.volume_type_name }));
  return createTable(rows.map(rowFrom), types);
}

function strangeRow({ projects, since }: World): StrangeRow {
  const dates = { start: since, end: null, lastEvent: since, processed: null };
  return { type: 'network', id: 'net-1', project: projects[0]?.id ?? '', name: 'net', ...dates };
}
