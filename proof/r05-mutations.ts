import type { Random } from '../simulators/random.ts';

/** Makes something else of a good answer. */
export interface Mutation {
  readonly name: string;
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
const fields = ['usagetype', 'startdate', 'enddate', 'usageid', 'description', 'zoneid', 'usage', 'tags'];

/** Ways in which an answer of JSON arrives as something else. */
export const mutations: readonly Mutation[] = [
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
    of: (text, chance) =>
      replaced(text, chance, /"rawusage":"[^"]*"/g, `"rawusage":${nested(chance.pick([100, 20_000]))}`),
  },
  { name: '__proto__', of: (text, chance) => inRow(text, chance, '"__proto__":{"polluted":true}') },
  {
    name: 'constructor',
    of: (text, chance) => inRow(text, chance, '"constructor":{"prototype":{"polluted":true}}'),
  },
  {
    name: 'error with 200',
    of: (_, chance) =>
      `{"r":{"errorcode":${chance.pick([401, 431, 530, 9999, '"x"', 'null', '{}'])},"errortext":"no"}}`,
  },
  { name: 'a key twice', of: (text, chance) => inRow(text, chance, `"rawusage":${chance.pick(amounts)}`) },
  {
    name: 'an amount',
    of: (text, chance) => replaced(text, chance, /"rawusage":"[^"]*"/g, `"rawusage":${chance.pick(amounts)}`),
  },
  { name: 'a field', of: otherField },
  {
    name: 'a missing field',
    of: (text, chance) => replaced(text, chance, /"(rawusage|startdate|usagetype|usageid)":/g, '"gone":'),
  },
  {
    name: 'another array',
    of: (text, chance) => text.replace('"usagerecord"', chance.pick(['"__proto__"', '"rows"', '"toString"'])),
  },
  { name: 'no array', of: (text) => text.replace(/"usagerecord":\[.*\]/, '"usagerecord":null') },
  {
    name: 'a count',
    of: (text, chance) =>
      text.replace(/"count":\d+/, `"count":${chance.pick(['1e400', '-1', '"7"', 'null', '999999'])}`),
  },
  {
    name: 'a huge text',
    of: (text, chance) => inRow(text, chance, `"name":"${'a'.repeat(chance.pick([1e4, 2e5]))}"`),
  },
];

function notUtf8(text: string, chance: Random): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 0) bytes[chance.int(0, bytes.length - 1)] = chance.pick([0xff, 0xc0, 0x80, 0x00, 0xed]);
  return bytes;
}

function otherField(text: string, chance: Random): string {
  const field = chance.pick(fields);
  const known = new RegExp(`"${field}":("[^"]*"|\\d+|\\[\\])`, 'g');
  return replaced(text, chance, known, `"${field}":${chance.pick(values)}`);
}

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

function inRow(text: string, chance: Random, member: string): string {
  return replaced(text, chance, /"usagetype":/g, `${member},"usagetype":`);
}

/** One of the places that match. */
function replaced(text: string, chance: Random, pattern: RegExp, by: string): string {
  const places = [...text.matchAll(pattern)];
  const place = places.length > 0 ? chance.pick(places) : undefined;
  if (!place) return text;
  return `${text.slice(0, place.index)}${by}${text.slice(place.index + place[0].length)}`;
}
