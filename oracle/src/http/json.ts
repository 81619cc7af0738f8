import { parseJsonText } from "../sources/decode/json-text.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/**
 * Parses JSON that nests no deeper than `maxDepth`. The depth is counted first: what is nested a million levels deep costs
 * the parser many times its length in memory. A number that is none, such as NaN, is null.
 *
 * @returns Undefined when it is no JSON, or nested deeper.
 */
export function parseBoundedJson(text: string, maxDepth: number): unknown {
  if (!isShallow(text, maxDepth)) return undefined;
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}

function isShallow(text: string, maxDepth: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (OPENING.includes(code)) {
      depth++;
      if (depth > maxDepth) return false;
    } else if (CLOSING.includes(code)) depth--;
  }
  return true;
}
