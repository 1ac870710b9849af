import * as z from 'zod';

/** What `for (key in {})` and plain lookups would stumble over, and YAML's merge key: no provider's kind. */
const reserved = ['__proto__', 'constructor', 'prototype', '<<'];

const text = z.string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be text') });
const line = text.regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'must be one line of printable text');
const someLine = line.min(1, 'must not be empty');

/** A provider's kind, or any name for a further metric of the kind in `source`. */
export const mappingKeySchema = someLine.refine(
  (key) => !reserved.includes(key),
  'is a name that no kind can have',
);

/** One entry of a mapping file. Unknown settings are errors: most of them are typing mistakes. */
export const mappingEntrySchema = z
  .strictObject({
    name: text
      .regex(/^[-A-Za-z0-9:/_|"' ]+$/, `may hold letters, digits, blanks and - : / _ | " ' only`)
      .describe('The name of the metric.'),
    unit: someLine.nullish().describe('The unit of the result: s, B, B.s, 1.'),
    counter: z
      .boolean({ error: 'must be true or false' })
      .default(false)
      .describe('Whether the values are readings of a counter that only grows.'),
    specialisation: line
      .regex(/^(?!\*)/, 'must not start with "*"')
      .default('')
      .describe('A part of the metric, literally.'),
    specialisation_from: someLine.optional().describe('The attribute that the specialisation is taken from.'),
    conversion_expr: text.optional().describe('What the record is worth; `value` when absent.'),
    source: someLine.optional().describe('The kind that the metric is made of; the key itself when absent.'),
  })
  .refine((entry) => entry.specialisation === '' || entry.specialisation_from === undefined, {
    path: ['specialisation_from'],
    message: 'cannot stand beside specialisation: the one is literal, the other taken from an attribute',
  });

/** A whole mapping file. */
export const mappingSchema = z.record(mappingKeySchema, mappingEntrySchema);

/** An entry after its schema: defaults are filled in. */
export type EntrySettings = z.output<typeof mappingEntrySchema>;
