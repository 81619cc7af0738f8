import { type DayProfile, MEASURED, MISSING, type Quality, sumUnits } from "../src/profile.ts";
import { day } from "../src/time.ts";
import type { Random } from "./random.ts";

/** Addresses of the contracts in tests: none of them is zero, all differ. */
export const AT = {
  chainId: 31_337,
  neighbourhood: "0x1000000000000000000000000000000000000001",
  token: "0x2000000000000000000000000000000000000002",
  marketplace: "0x3000000000000000000000000000000000000003",
} as const;

/** 2017-06-01. */
export const DAY = day(17_318);

/** A valid profile of a day with imports and exports up to 4 kWh, measured but for a few missing intervals. */
export function randomProfile(random: Random): DayProfile {
  const quality = random.list(96, (): Quality => (random.chance(5) ? MISSING : MEASURED));
  const units = (entry: Quality) => (entry === MISSING || random.chance(40) ? 0 : random.integer(0, 4_000));
  const imports = quality.map(units);
  const exports = quality.map(units);
  return {
    day: DAY,
    importRegister: sumUnits(imports) + random.bits(40),
    exportRegister: sumUnits(exports) + random.bits(40),
    quality,
    imports,
    exports,
  };
}
