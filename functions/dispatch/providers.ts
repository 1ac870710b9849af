import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { InvalidConfig } from '../../lib/errors.ts';
import { parse } from '../../lib/parse.ts';

/** What must be known of a provider to tell what is due; durations in seconds. */
export interface ProviderFacts {
  readonly skew: number;
  readonly lookback: number;
  /** The streams it has a function for. */
  readonly streams: readonly string[];
}

export type Providers = Readonly<Record<string, ProviderFacts>>;

const schema = z.record(
  z.string(),
  z.object({ skew: z.number(), lookback: z.number(), streams: z.array(z.string()) }),
);

/** Reads what the build wrote beside the bundles: this room knows no provider. @throws InvalidConfig */
export function readProviders(file: string): Providers {
  try {
    return parse(schema, JSON.parse(readFileSync(file, 'utf8')), file, InvalidConfig);
  } catch (error) {
    if (error instanceof InvalidConfig) throw error;
    throw new InvalidConfig(`${file} cannot be read: the build writes it`, { cause: error });
  }
}
