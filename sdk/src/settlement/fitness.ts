import { CommonwattError, InvalidValueError } from "../commonwatt-error.ts";
import { decodeIntervals, decodeQuality, MISSING, REGISTER_LIMIT, sumUnits } from "../profile.ts";
import type { SignedProfile } from "../profile-signing.ts";
import type { DeviceState } from "./types.ts";

/** What of a device's word its profile must continue. */
type Word = Pick<DeviceState, "importRegister" | "exportRegister" | "capUnits">;

/**
 * Says why a properly signed profile does not fit the word of its device: `record`, `force` and `late` refuse it, and a
 * settlement leaves it out.
 *
 * @returns One plain sentence; undefined for a profile that fits.
 */
export function unfitReason(profile: SignedProfile, word: Word): string | undefined {
  try {
    assertFits(profile, word);
    return undefined;
  } catch (error) {
    if (error instanceof CommonwattError) return `${error.shortMessage}.`;
    throw error;
  }
}

function assertFits(profile: SignedProfile, word: Word): void {
  const { imports, exports } = decodeIntervals(profile.intervals);
  assertRegister("import", profile.importRegister, word.importRegister, imports);
  assertRegister("export", profile.exportRegister, word.exportRegister, exports);
  const quality = decodeQuality(profile.quality);
  for (const [index, entry] of quality.entries()) {
    const most = entry === MISSING ? 0 : word.capUnits;
    const expected = entry === MISSING ? "0: the interval is missing" : `at most the cap of ${most}`;
    for (const units of [imports[index] ?? 0, exports[index] ?? 0]) {
      if (units > most) throw new InvalidValueError(`energy of interval ${index}`, units, expected);
    }
  }
}

function assertRegister(direction: string, register: bigint, before: bigint, units: readonly number[]): void {
  if (register >= REGISTER_LIMIT || register < before) {
    throw new InvalidValueError(`the ${direction} register`, register, `${before} to ${REGISTER_LIMIT - 1n}`);
  }
  const sum = sumUnits(units);
  if (sum > register - before) {
    throw new InvalidValueError(`sum of the day's ${direction}s`, sum, `at most the increase, ${register - before}`);
  }
}
