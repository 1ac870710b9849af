import { InvalidConfig, MappingError, SyncError, VariableLookupError } from '../lib/errors.ts';

/** What a run came to, for scripts (contract: The command). */
export const exitCode = {
  /** All well; also when nothing was due. */
  ok: 0,
  /** It was tried and failed. */
  failed: 1,
  /** Wrong usage, or a bad accounts or mapping file: nothing was tried. */
  usage: 2,
  /** Some accounts failed, or some cells are incomplete. */
  partly: 3,
  /** Stopped before it was caught up: run again. */
  again: 4,
} as const;

/** Says on stderr what happened and what to do, and gives the exit code of a run that did not begin. */
export function refuse(error: unknown): number {
  if (!(error instanceof SyncError)) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCode.failed;
  }
  process.stderr.write(`${error.name}: ${error.message}\n${error.hint}\n`);
  const atTheDoor = [InvalidConfig, MappingError, VariableLookupError].some((kind) => error instanceof kind);
  return atTheDoor ? exitCode.usage : exitCode.failed;
}
