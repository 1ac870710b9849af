import type { Secret } from './secret.ts';

/** Replaces what must not be seen in a text. */
export type Redact = (text: string) => string;

/** Names whose values are secret wherever they stand: parameters, headers and JSON members. */
const parameters = [
  'api[-_]?key',
  'secret[-_]?(?:access[-_]?)?key',
  'session[-_]?key',
  'signature',
  '[a-z]*password',
  'passwd',
  'secret',
  '(?:application[-_]credential|client)[-_]?secret',
  '(?:access|refresh|auth|session|id)?[-_]?token',
  'x-(?:auth|subject|service)-token',
  'x-api-key',
  'jsessionid',
].join('|');
/** Headers of several words or parts: unquoted, their value is the rest of the line. */
const headers = '(?:proxy-)?authorization|(?:set-)?cookie';

// A value in quotes, in quotes that are themselves escaped, or bare. A text may have been cut off: a quote that
// is never closed reaches to the end.
const quoted = `"(?:[^"\\\\]|\\\\.)*(?:"|\\\\?$)|'(?:[^'\\\\]|\\\\.)*(?:'|\\\\?$)`;
const escaped = `(?<open>\\\\+["'])[^]*?(?:(?<!\\\\)\\k<open>|$)`;
const secretName = new RegExp(`^(?:${parameters}|${headers})$`, 'i');
const namedHeader = named(headers, '[^\\s"\'\\\\][^\\r\\n]*');
const namedParameter = named(parameters, '(?:(?!%26)[^\\s"\'\\\\&,;(){}[\\]])+');
const userinfo = /(:\/\/)[^\s/?#@"'<>]+@/g;

/** Is this the name of a parameter, header or field whose value is a secret? */
export function isSecretName(text: string): boolean {
  return secretName.test(text);
}

/**
 * A function that replaces the secrets in a text by `<secret>`, in every form they commonly travel in: as they
 * are, percent-encoded (once or more), with JSON or HTML escapes, in base64 of either alphabet and any alignment,
 * in hex. Values of well-known names (`apikey=…`, `Authorization: …`) become `<name>` even when nobody declared
 * them, and user information in a URL becomes `<userinfo>`. A secret of one to three characters is replaced only
 * where it stands as a whole word.
 */
export function createRedactor(secrets: readonly Secret[]): Redact {
  const values = [...new Set(secrets.map((one) => one.reveal()))].filter((value) => value !== '');
  const forms = values.flatMap(formsOf).map((source) => new RegExp(source, 'g'));
  return (text) => redactNames(redactForms(text, forms));
}

/** A redactor that learns. */
interface Concealer {
  readonly redact: Redact;
  /** Also keeps this out of every text from now on. */
  conceal(secret: Secret): void;
}

/** See {@link createRedactor}; secrets may be added while it works. */
export function concealer(secrets: readonly Secret[]): Concealer {
  const known = [...secrets];
  let redact = createRedactor(known);
  return {
    redact: (text) => redact(text),
    conceal(secret) {
      known.push(secret);
      redact = createRedactor(known);
    },
  };
}

/**
 * Redacts an error where it stands, with the errors that caused it: what recognises it still does.
 * @returns the same error
 */
export function redactError(error: unknown, redact: Redact): unknown {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth += 1) {
    for (const member of ['message', 'stack', 'hint']) {
      const text: unknown = Reflect.get(one, member);
      const shown = typeof text === 'string' ? redact(text) : text;
      if (shown !== text) Reflect.defineProperty(one, member, { value: shown });
    }
  }
  return error;
}

/** Occurrences may overlap (one secret may begin inside another), so all are found before any is replaced. */
function redactForms(text: string, forms: readonly RegExp[]): string {
  const ranges = forms.flatMap((form) => occurrences(text, form)).sort((a, b) => a.start - b.start);
  let result = '';
  let done = 0;
  for (const { start, end } of ranges) {
    if (start >= done) result += `${text.slice(done, start)}<secret>`;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

function occurrences(text: string, form: RegExp): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  form.lastIndex = 0;
  for (let match = form.exec(text); match; match = form.exec(text)) {
    found.push({ start: match.index, end: match.index + match[0].length });
    form.lastIndex = match.index + 1;
  }
  return found;
}

function redactNames(text: string): string {
  const plain = text.includes('://') ? text.replace(userinfo, '$1<userinfo>@') : text;
  return plain.replace(namedHeader, asName).replace(namedParameter, asName);
}

function named(names: string, bare: string): RegExp {
  const start = '(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))';
  const name = `${start}(?<name>(?:${names})(?![A-Za-z0-9_-]))`;
  const link = `(?<link>(?:\\\\*["'])?\\s*(?:[:=]|%3D)\\s*)`;
  return new RegExp(`${name}${link}(?:(?<quoted>${quoted})|${escaped}|${bare})`, 'gi');
}

/** Puts the name in the value's place, inside the quotes that it had. */
function asName(...match: unknown[]): string {
  const found = match.at(-1) as { name: string; link: string; quoted?: string; open?: string };
  const quote = found.open ?? found.quoted?.slice(0, 1) ?? '';
  return `${found.name}${found.link}${quote}<${found.name}>${quote}`;
}

function formsOf(value: string): string[] {
  if (value.length < 4) return [`(?<![A-Za-z0-9_])${inText(value)}(?![A-Za-z0-9_])`];
  const bytes = Buffer.from(value, 'utf8');
  return [inText(value), inHex(bytes), ...[0, 1, 2].map((offset) => inBase64(bytes, offset))];
}

/** Raw, percent-encoded, JSON- or HTML-escaped, character by character: encoders differ in what they leave alone. */
function inText(value: string): string {
  return Array.from(value, (character) =>
    /[A-Za-z0-9]/.test(character) ? character : `(?:${spellings(character).join('|')})`,
  ).join('');
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\+"',
  '\\': '\\{2,}',
  '/': '\\+/',
  '\n': '\\+n',
  '\r': '\\+r',
  '\t': '\\+t',
  '\b': '\\+b',
  '\f': '\\+f',
};
const entities: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

function spellings(character: string): string[] {
  const percent = [...Buffer.from(character, 'utf8')].map((byte) => `%(?:25)*${anyCase(hex(byte, 2))}`);
  const units = character.split('').map((unit) => `\\\\+u${anyCase(hex(unit.charCodeAt(0), 4))}`);
  const point = character.codePointAt(0) ?? 0;
  const short = shortEscapes[character];
  const entity = entities[character];
  return [
    ...(short === undefined ? [] : [short.replaceAll('\\', '\\\\')]),
    ...(entity === undefined ? [] : [`&(?:amp;)*${entity};`]),
    ...(character === ' ' ? ['\\+'] : []),
    percent.join(''),
    units.join(''),
    `&(?:amp;)*#(?:0*${point}|[xX]0*${anyCase(hex(point, 1))});`,
    literal(character),
  ];
}

function inHex(bytes: Buffer): string {
  return anyCase(bytes.toString('hex'));
}

/** The characters that depend on this value alone; those at its edges, which it shares, are taken along. */
function inBase64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const shared = [0, 2, 3][offset] ?? 0;
  const core = whole.toString('base64').slice(shared, Math.floor((whole.length * 8) / 6));
  const edge = '[A-Za-z0-9+/_-]?';
  const text = core.replace(/[+/]/g, (sign) =>
    sign === '+' ? '(?:[+-]|%(?:25)*2[Bb])' : '(?:[_]|\\\\*/|%(?:25)*2[Ff])',
  );
  return `${offset === 0 ? '' : edge}${text}${whole.length % 3 === 0 ? '' : edge}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
