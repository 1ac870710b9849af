import { createHash } from 'node:crypto';
import type { Millis } from '../time.ts';

/** A text to be stored, in pieces, with its SHA-256 in 64 hex digits. */
export interface Content {
  readonly chunks: readonly Buffer[];
  readonly digest: string;
}

/** What stands under a name, told without reading it. */
export interface Found {
  /** Another one after every write of another text. */
  readonly version: string;
  /** Of the text, where the store keeps it beside: what was stored, whatever a manifest says. */
  readonly digest?: string;
  /** Of its writer, where the store keeps it beside. */
  readonly fence?: number;
  /** The machine's clock, where the store tells. */
  readonly writtenAt?: Millis;
}

/** What a write must hold to; nothing of it is seen when it does not. */
export interface Condition {
  /** What is replaced; null for a name that is free. Anything else there is {@link Changed}. Default: whatever. */
  readonly over?: Found | null;
  /** Of the writer, to be kept beside the text where the store can; see `Batch.fence`. */
  readonly fence?: number;
  /** Asked last, immediately before the text would be seen. Throws to prevent it. */
  readonly check?: () => Promise<void>;
}

/**
 * Texts by name, each replaced whole or not at all. Names have `/` between their segments, which `pathSegment`
 * made. Failures are `DeliveryError`.
 */
export interface Store {
  /** Whether reading costs next to nothing. */
  readonly local: boolean;
  find(name: string): Promise<Found | null>;
  read(name: string): Promise<(Found & { readonly text: string }) | null>;
  /** Replaces what is there, on no condition unless one is given. @throws Changed */
  write(name: string, content: Content, condition?: Condition): Promise<Found>;
  /** A name that is free stays so. */
  remove(name: string): Promise<void>;
  /** What is directly below a folder: names, and folders of them; in order. */
  list(folder: string): Promise<readonly string[]>;
  /** Everything below a folder goes to another one; stopped in the middle, nothing is in neither of them. */
  move(from: string, to: string): Promise<void>;
  /**
   * Removes what a killed process left half-written below a folder.
   * @returns the names there that were written after `since`; none where the store keeps digests beside the texts
   */
  tidy(folder: string, since: Millis): Promise<readonly string[]>;
  /** Gives back what was opened. */
  close(): void;
}

/** Something else stands under the name than was found there. */
export class Changed extends Error {
  override readonly name = 'Changed';
}

/** A whole text, in one piece. */
export function contentOf(text: string): Content {
  const chunk = Buffer.from(text);
  return { chunks: [chunk], digest: createHash('sha256').update(chunk).digest('hex') };
}

/** Objects as lines. */
export function linesOf(items: readonly unknown[]): Content {
  return contentOf(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
}
