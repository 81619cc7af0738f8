/** The parameters of a request, by name. */
export type Params = ReadonlyMap<string, string>;

/** More than any sender has; a text is split no farther. */
const MAX_PARAMETERS = 64;

/**
 * Reads URL-encoded parameters, of a query or of a form. Of two with one name the last counts.
 *
 * @returns Undefined when there are too many.
 */
export function parseForm(text: string): Params | undefined {
  if (text.split("&", MAX_PARAMETERS + 1).length > MAX_PARAMETERS) return undefined;
  return new Map(new URLSearchParams(text));
}

/** Reads the parameters of encrypted input, which are not URL-encoded: `node=emontx&data=100,200`. */
export function parsePlain(text: string): Params | undefined {
  const chunks = text.split("&", MAX_PARAMETERS + 1);
  if (chunks.length > MAX_PARAMETERS) return undefined;
  const params = new Map<string, string>();
  for (const chunk of chunks) {
    const at = chunk.indexOf("=");
    if (at > 0) params.set(chunk.slice(0, at), chunk.slice(at + 1));
  }
  return params;
}

/** Both; of two with one name the later group counts. */
export function mergeParams(...groups: readonly Params[]): Params {
  return new Map(groups.flatMap((group) => [...group]));
}
