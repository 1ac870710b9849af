/**
 * JSON whose numbers keep their digits. `JSON.parse` makes doubles of them: of `1.2000000000000004` and of
 * `123456789.12345679` another text comes out than went in, and money must not change on the way.
 */

/**
 * Reads JSON as `JSON.parse` does, but for the numbers in chosen places: these become their own text.
 * @param isDecimal by the name of the nearest member that a number stands in, however deep in arrays; null at the
 * top. All numbers when absent.
 * @throws SyntaxError for what is no JSON
 */
export function parseDecimalJson(
  text: string,
  isDecimal: (member: string | null) => boolean = () => true,
): unknown {
  return JSON.parse(quoteNumbers(text, isDecimal));
}

/** Where in the text we are. */
interface Place {
  readonly isObject: boolean;
  member: string | null;
  /** In an object, whether a member's name comes next: a number there is no JSON, and must stay so. */
  expectsName: boolean;
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Puts quotation marks around the chosen numbers; everything else, also what is wrong, stays as it is. */
function quoteNumbers(text: string, isDecimal: (member: string | null) => boolean): string {
  const places: Place[] = [];
  let place: Place = { isObject: false, member: null, expectsName: false };
  let written = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string;
    if (sign === '"') {
      const end = endOfString(text, at);
      if (place.expectsName) place.member = nameOf(text.slice(at, end + 1));
      at = end;
    } else if (sign === '{' || sign === '[') {
      places.push(place);
      place = { isObject: sign === '{', member: place.member, expectsName: sign === '{' };
    } else if (sign === '}' || sign === ']') {
      place = places.pop() ?? place;
    } else if (sign === ':') {
      place.expectsName = false;
    } else if (sign === ',') {
      place.expectsName = place.isObject;
    } else if ((sign === '-' || isDigit(sign)) && !place.expectsName) {
      number.lastIndex = at;
      const literal = number.exec(text)?.[0];
      if (literal === undefined) continue;
      if (isDecimal(place.member)) {
        written += `${text.slice(from, at)}"${literal}"`;
        from = at + literal.length;
      }
      at += literal.length - 1;
    }
  }
  return written + text.slice(from);
}

/** The index of the closing mark; the last of the text where there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    const sign = text[at];
    if (sign === undefined) return text.length - 1;
    if (sign === '"') return at;
    if (sign === '\\') at += 1;
  }
}

function nameOf(literal: string): string | null {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null; // no JSON: found out when it is parsed
  }
}

function isDigit(sign: string): boolean {
  return sign >= '0' && sign <= '9';
}
