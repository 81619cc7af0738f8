import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import type { Curve } from "./curve.ts";
import { createKey, type KeystoreStrength, listKeys, moveKey, type StoredKey } from "./keystore.ts";
import type { Standing } from "./owner.ts";

/** A meter's keys that are in use, as they are now. */
export function meterKeys(folder: string, meter: number): Partial<Record<Standing, StoredKey>> & { all: StoredKey[] } {
  const all = listKeys(folder).filter(({ owner }) => typeof owner !== "string" && owner.meter === meter);
  const at = (standing: Standing) => all.find((key) => key.standing === standing);
  const [current, next] = [at("current"), at("next")];
  return { all, ...(current === undefined ? {} : { current }), ...(next === undefined ? {} : { next }) };
}

/**
 * The key that takes over a meter: made now, unless one waits already.
 *
 * @param curve - Left out: that of the current key.
 */
export async function prepareNextKey(
  folder: string,
  meter: number,
  passphrase: string,
  strength: KeystoreStrength,
  curve: Curve | undefined,
): Promise<StoredKey> {
  const { current, next } = meterKeys(folder, meter);
  if (next === undefined) {
    const options = { curve: curve ?? current?.curve ?? "secp256k1", standing: "next" } as const;
    await createKey(folder, { meter }, passphrase, strength, options);
  } else if (curve !== undefined && curve !== next.curve) {
    throw new CommonwattError(`The next key of meter ${meter}, ${next.file}, is on ${next.curve}, expected ${curve}`);
  }
  const prepared = meterKeys(folder, meter).next;
  if (prepared === undefined) throw new CommonwattError(`The next key of meter ${meter} is not in ${folder}`);
  return prepared;
}

/**
 * Gives the files of a meter's keys their new names, once the chain has taken the next one: it is the current one now,
 * and the one before is kept as retired, for the days that it still has to sign. Goes on where it was interrupted.
 *
 * @throws CommonwattError when there is no next key.
 */
export function promoteNextKey(folder: string, meter: number): void {
  const { current, next } = meterKeys(folder, meter);
  if (next === undefined) {
    throw new CommonwattError(
      `There is no next key of meter ${meter} in ${folder}. Make it with "keys rotate --prepare"`,
    );
  }
  if (current !== undefined) moveKey(folder, current, "retired");
  moveKey(folder, next, "current");
}
