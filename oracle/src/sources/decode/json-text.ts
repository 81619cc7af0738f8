/** What Python and C write for a number that is none, though JSON has no word for it: emonHub sends what a sensor says. */
const NO_NUMBERS = new Map([
  [0x4e, "NaN"],
  [0x49, "Infinity"],
]);
const QUOTE = 0x22;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;

/**
 * Parses JSON in which `NaN`, `Infinity` and `-Infinity` may stand where a value stands: they are null, which is no reading.
 * One broken sensor would otherwise cost all that is beside it in its message, or in its batch of a thousand.
 *
 * @throws SyntaxError when it is no JSON otherwise.
 */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const plain = withNulls(text);
    if (plain === text) throw error;
    return JSON.parse(plain) as unknown;
  }
}

/** The same with null for each of those words outside of quotes. One look at each character, whatever the text. */
function withNulls(text: string): string {
  let plain = "";
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted && code === BACKSLASH) at++;
    else if (code === QUOTE) quoted = !quoted;
    const word = quoted ? undefined : NO_NUMBERS.get(code);
    if (word === undefined || !text.startsWith(word, at)) continue;
    const begin = at > from && text.charCodeAt(at - 1) === MINUS ? at - 1 : at;
    plain += `${text.slice(from, begin)}null`;
    from = at + word.length;
    at = from - 1;
  }
  return plain + text.slice(from);
}
