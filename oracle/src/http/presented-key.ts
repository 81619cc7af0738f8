import type { Params } from "./params.ts";

export type PresentedKey = { kind: "apikey" | "devicekey"; key: string };

/** A scheme other than Bearer is for somebody else, a proxy for instance. */
const BEARER = /^(?:Bearer\s+)?([0-9A-Za-z]{1,256})$/iu;

/** The key that parameters carry, in the order in which Emoncms looks for it. */
export function keyInParams(params: Params): PresentedKey | undefined {
  for (const kind of ["apikey", "devicekey"] as const) {
    const key = params.get(kind);
    if (key !== undefined && key !== "") return { kind, key };
  }
  return undefined;
}

/** The key of an `Authorization` header: `Bearer <key>`, or the key alone, which Emoncms takes as well. */
export function keyInHeader(authorization: string | undefined): PresentedKey | undefined {
  const key = BEARER.exec(authorization?.trim() ?? "")?.[1];
  return key === undefined ? undefined : { kind: "apikey", key };
}
