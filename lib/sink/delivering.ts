import { DeliveryError } from '../errors.ts';

/** What the file system refuses is a failed delivery, with a sentence a person can act on. */
export async function delivering<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const code = 'code' in error ? String(error.code) : 'unknown';
    throw new DeliveryError(`The file sink could not write (${code})`, {
      hint: 'Check that the folder given as --out or --sink exists, is writable and has space; run again, nothing was lost.',
      cause: error,
    });
  }
}
