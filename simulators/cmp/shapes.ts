import * as z from 'zod';
import { parseInstant } from '../../lib/time.ts';

/** The bodies that the CMP takes, and nothing beside (nflex: 2. Result shapes, 6. CMP API). */

const text = z.string().min(1);

const timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z?$/)
  .refine((value) => parseInstant(value) !== null, 'no such moment');

const metric = z
  .strictObject({
    metric: z.string().regex(/^[-A-Za-z0-9:/_|"' ]+(\.[^*].*)?$/),
    value: z.number(), // finite: JSON has no other, and 1e400 is refused here
    time: timestamp,
    unit: z.string().optional(),
    counter: z.boolean().optional(),
    original_metric: z.string().optional(),
    specialisation: z.string().optional(),
    resource_id: text.optional(),
    provider_id: text.optional(),
    key: text.optional(),
  })
  .refine(
    ({ metric: name, specialisation }) =>
      specialisation === undefined || specialisationIn(name) === specialisation,
    'the specialisation is not what follows the first dot of the name',
  );

function specialisationIn(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

const logEntry = z.strictObject({
  message: text,
  severity: z.enum(['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG']),
  service: z.literal('nflex.flexer'),
  timestamp,
  resource_id: z.string().regex(/^nflex-module-./),
});

export const taskShape = z.strictObject({ percentage: z.number().min(0).max(100) });

export const metricsShape = z.strictObject({
  resource_id: text,
  monitoring_system: text,
  metrics: z.array(metric),
});

export const logsShape = z.array(logEntry).min(1);

export const accountShape = z.strictObject({
  id: text.optional(),
  metadata: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/** Values of any kind by key. Not `z.record`, which would lose a key named `__proto__`. */
export const stateShape = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

export const keysShape = z.array(text);

export type MetricsBody = z.infer<typeof metricsShape>;
export type LogLine = z.infer<typeof logEntry>;
export type AccountBody = z.infer<typeof accountShape>;
