import type { Random } from '../simulators/random.ts';

/** Makes something else of a good answer. */
export interface Mutation {
  readonly name: string;
  /** Of the answer; the good one's when absent. */
  readonly status?: number;
  /** Its content type, likewise. */
  readonly type?: string;
  of(text: string, chance: Random): string | Buffer;
}

const amounts = [
  '"NaN"',
  '"Infinity"',
  `"${'9'.repeat(400)}"`,
  '9'.repeat(400),
  '1e400',
  '"1e400"',
  '"0x10"',
  '"1 000"',
  '"1.000,5"',
  '-1',
  '"-1"',
  '""',
  'null',
  'true',
  '[]',
  '{}',
];
const values = ['null', 'true', '1e400', '""', '[]', '{}', '"\\u0000"', '"2026-02-31T25:61:61"', '[[[1]]]'];
/** Where a provider's JSON has what. */
export interface Anatomy {
  /** The field of the amount. */
  readonly amount: string;
  /** A field that every row has, and that others may be put before. */
  readonly anchor: string;
  /** Fields of a row, to be changed or lost. */
  readonly fields: readonly string[];
  /** The array of the rows; null for an answer that is one. */
  readonly array: string | null;
}

/** Ways in which an answer of JSON arrives as something else. */
export function jsonMutations({ amount, anchor, fields, array }: Anatomy): readonly Mutation[] {
  const amountField = new RegExp(`"${amount}": ?("[^"]*"|-?[\\d.eE+]+)`, 'g');
  const withAmount = (text: string, chance: Random, value: string) =>
    replaced(text, chance, amountField, `"${amount}":${value}`);
  const inRow = (text: string, chance: Random, member: string) =>
    replaced(text, chance, new RegExp(`"${anchor}":`, 'g'), `${member},"${anchor}":`);
  return [
    { name: 'cut off', of: (text, chance) => text.slice(0, chance.int(0, text.length - 1)) },
    { name: 'not UTF-8', of: notUtf8 },
    { name: 'HTML', of: () => '<html><body>Please wait</body></html>' },
    { name: 'nothing', of: (_, chance) => chance.pick(['', 'null', '[]', '{}', '0', '"text"', 'NaN']) },
    { name: 'deep', of: (_, chance) => nested(chance.pick([100, 10_000, 100_000])) },
    {
      name: 'a deep field',
      of: (text, chance) => inRow(text, chance, `"extra":${nested(chance.pick([100, 20_000]))}`),
    },
    {
      name: 'a deep amount',
      of: (text, chance) => withAmount(text, chance, nested(chance.pick([100, 20_000]))),
    },
    { name: '__proto__', of: (text, chance) => inRow(text, chance, '"__proto__":{"polluted":true}') },
    {
      name: 'constructor',
      of: (text, chance) => inRow(text, chance, '"constructor":{"prototype":{"polluted":true}}'),
    },
    { name: 'a key twice', of: (text, chance) => inRow(text, chance, `"${amount}":${chance.pick(amounts)}`) },
    { name: 'an amount', of: (text, chance) => withAmount(text, chance, chance.pick(amounts)) },
    {
      name: 'a field',
      of: (text, chance) => {
        const field = chance.pick(fields);
        const known = new RegExp(`"${field}": ?("[^"]*"|\\d+|\\[\\]|null)`, 'g');
        return replaced(text, chance, known, `"${field}":${chance.pick(values)}`);
      },
    },
    {
      name: 'a missing field',
      of: (text, chance) =>
        replaced(text, chance, new RegExp(`"${chance.pick([amount, ...fields])}":`, 'g'), '"gone":'),
    },
    ...(array === null ? [] : arrayMutations(array)),
    {
      name: 'a huge text',
      of: (text, chance) => inRow(text, chance, `"name":"${'a'.repeat(chance.pick([1e4, 2e5]))}"`),
    },
  ];
}

function arrayMutations(array: string): readonly Mutation[] {
  return [
    {
      name: 'another array',
      of: (text, chance) => text.replace(`"${array}"`, chance.pick(['"__proto__"', '"rows"', '"toString"'])),
    },
    { name: 'no array', of: (text) => text.replace(new RegExp(`"${array}": ?\\[.*\\]`), `"${array}":null`) },
  ];
}

function notUtf8(text: string, chance: Random): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 0) bytes[chance.int(0, bytes.length - 1)] = chance.pick([0xff, 0xc0, 0x80, 0x00, 0xed]);
  return bytes;
}

export function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

/** With something else in one of the places that match. */
export function replaced(text: string, chance: Random, pattern: RegExp, by: string): string {
  const places = [...text.matchAll(pattern)];
  const place = places.length > 0 ? chance.pick(places) : undefined;
  if (!place) return text;
  return `${text.slice(0, place.index)}${by}${text.slice(place.index + place[0].length)}`;
}
