import type { Millis } from '../../lib/time.ts';
import type { DateFormat } from './dates.ts';
import type { TokenCheck } from './gate.ts';

/** `misspelt-mixed` is `private_key,keystone`: without the word "token" only the key counts (sheet 1.2). */
export type Strategy = 'private_key' | 'keystone' | 'mixed' | 'misspelt-mixed';

export interface AlmanachOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly faults?: readonly string[];
  /** The server's clock. It may be moved on, never back. */
  readonly now?: () => Millis;
  readonly auth?: Strategy;
  /** Asks Keystone about a token; without it every token is invalid. */
  readonly validate?: TokenCheck;
  /** `blank` is the pinned stack, `iso` one of newer libraries (sheet 1.7). */
  readonly dateFormat?: DateFormat;
  /** When history begins; nothing was used before. */
  readonly since?: Millis;
  /** Servers that live at a time in a project, and as many volumes. */
  readonly lives?: number;
  /** `[entities] instance_image_meta`; the server's own default is none (sheet 1.6). */
  readonly imageMeta?: readonly string[];
  /** Instead of a history: rows as answers show them. */
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  /** Volume types as answers show them, together with `rows`. */
  readonly volumeTypes?: readonly Readonly<Record<string, unknown>>[];
}

/** The options with nothing left open. */
export interface Settings extends Required<Omit<AlmanachOptions, 'rows' | 'volumeTypes'>> {
  readonly rows: NonNullable<AlmanachOptions['rows']> | null;
  readonly volumeTypes: NonNullable<AlmanachOptions['volumeTypes']>;
}

export function settingsOf(options: AlmanachOptions): Settings {
  return {
    port: options.port ?? 0,
    seed: options.seed ?? 1,
    faults: options.faults ?? [],
    now: options.now ?? (() => Date.now()),
    auth: options.auth ?? 'private_key',
    validate: options.validate ?? (() => Promise.resolve('invalid')),
    dateFormat: options.dateFormat ?? 'blank',
    since: options.since ?? Date.UTC(2026, 8, 1),
    lives: options.lives ?? 2,
    imageMeta: options.imageMeta ?? ['distro', 'version', 'os_type'],
    rows: options.rows ?? null,
    volumeTypes: options.volumeTypes ?? [],
  };
}
