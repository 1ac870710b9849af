declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** DynamoDB on this machine, in memory; durations in milliseconds. */
  export default function dynalite(options: { createTableMs?: number; deleteTableMs?: number }): Server;
}
