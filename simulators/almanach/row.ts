import type { Millis } from '../../lib/time.ts';

/** Image metadata: keys that the operator allows, whose values may be null. */
export type Meta = Readonly<Record<string, unknown>>;

interface Common {
  readonly id: string;
  readonly project: string;
  readonly start: Millis;
  /** Null while the row is open. */
  readonly end: Millis | null;
  readonly lastEvent: Millis | null;
  /** The server's clock when the row was last written; null in rows of releases before 4.1.0. */
  readonly processed: Millis | null;
  readonly name: unknown;
}

export interface InstanceRow extends Common {
  readonly type: 'instance';
  readonly flavor: unknown;
  /** Shown twice, as `image_meta` and as `os` (sheet 1.6). */
  readonly meta: Meta;
  readonly metadata: Meta;
}

export interface VolumeRow extends Common {
  readonly type: 'volume';
  readonly volumeType: string | null;
  /** GiB, as it was sent: never looked at by the server. */
  readonly size: unknown;
  readonly attachedTo: unknown;
}

/** A row of a type that this release cannot show (sheet 1.10). */
export interface StrangeRow extends Common {
  readonly type: 'network';
}

/** What Almanach calls an entity: a span of a server's or volume's life with the same attributes. */
export type Row = InstanceRow | VolumeRow | StrangeRow;

export interface VolumeType {
  readonly id: unknown;
  readonly name: unknown;
}
