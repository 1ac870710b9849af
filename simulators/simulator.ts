import type { Millis } from '../lib/time.ts';

/** A request as a simulator remembers it; nothing of it is secret. */
export interface RequestNote {
  /** From 0; what seeded faults are decided by. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** What was asked for, in the provider's own terms: a command, an operation. */
  readonly command: string | null;
  readonly page: number | null;
  /** Without credentials, signature and expiry. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The machine's clock when the request was complete. */
  readonly at: Millis;
  /** The HTTP status that was answered; null while there is none, or when the connection was broken. */
  readonly status: number | null;
  /** The fault that this request met. */
  readonly fault: string | null;
  /** How long the answer asked the caller to wait. */
  readonly retryAfterMs: number | null;
}

/** A simulated cloud on 127.0.0.1. It knows the truth that it serves. */
export interface Simulator {
  readonly url: string;
  /** Pastes into the `credentials` of an accounts file. */
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Every request so far, in the order in which they arrived. */
  readonly requests: readonly RequestNote[];
  /** Replaces the faults. @throws InvalidConfig for a name that is not known, naming those that are. */
  setFaults(names: readonly string[]): void;
  /** Breaks all connections and stops listening. */
  close(): Promise<void>;
}
