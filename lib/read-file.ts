import { readFileSync } from 'node:fs';
import { InvalidConfig } from './errors.ts';

/** A file that the operator named. @throws InvalidConfig naming it. */
export function readFileOrRefuse(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidConfig(`The file ${file} cannot be read`, { cause: error });
  }
}
