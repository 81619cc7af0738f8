/** Letters and digits of any script, `_`, `-`, `.` and the space: what Emoncms keeps of a name. */
const DROPPED = /[^\p{N}\p{L}_\-. ]/gu;

/** The node of a request that names none. */
export const DEFAULT_NODE = "0";

/** A name as Emoncms stores it: other characters are dropped without a word, so that `power(W)` becomes `powerW`. */
export function cleanName(text: string): string {
  return text.replace(DROPPED, "").trim();
}

/** The same for a node, of which Emoncms makes 0 when nothing is left. */
export function cleanNode(text: string): string {
  const name = cleanName(text);
  return name === "" ? DEFAULT_NODE : name;
}
