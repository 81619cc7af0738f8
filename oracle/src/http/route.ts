import { cleanName } from "./names.ts";

/** What a path asks for. */
export type Route = { action: "post" | "bulk" | "get"; node: string | undefined };

/** Paths longer than this are none of ours. */
const MAX_PATH_CHARACTERS = 512;
/** Installations of Emoncms live at the root or below `/emoncms/`; a URL set with a slash at its end makes two of it. */
const PATH = /^\/{1,2}(?:emoncms\/{1,2})?input\/(post|bulk|get)(?:\.json)?(?:\/([^/]*))?\/?$/u;

/**
 * Reads the path of a request. Nothing of it ever names a file: a node in it is a name like any other.
 *
 * @param path - As it came in, without the query.
 * @returns Undefined when it is no path of the API.
 */
export function parseRoute(path: string): Route | undefined {
  if (path.length > MAX_PATH_CHARACTERS) return undefined;
  const parts = PATH.exec(path);
  const action = parts?.[1];
  if (action !== "post" && action !== "bulk" && action !== "get") return undefined;
  const node = parts?.[2];
  if (node === undefined || node === "") return { action, node: undefined };
  try {
    const name = cleanName(decodeURIComponent(node).replace(/\.json$/u, ""));
    return { action, node: name === "" ? undefined : name };
  } catch {
    // A broken percent sign.
    return undefined;
  }
}
