import { concatHex, getAddress, type Hex, numberToHex } from "viem";

import { encodeIntervals, encodeQuality, MEASURED, MISSING, sumUnits } from "../src/profile.ts";
import type { SignedProfile } from "../src/profile-signing.ts";
import type { PlannedMeter } from "../src/settlement/plan.ts";
import type { SettlementMeter } from "../src/settlement/types.ts";
import { DAY } from "./samples.ts";
import type { Random } from "./random.ts";

/** A signature of the right form, by nobody. */
export function anySignature(random: Random, p256 = false): Hex {
  const word = () => numberToHex(random.bits(250), { size: 32 });
  return p256
    ? concatHex([word(), word(), word(), word()])
    : concatHex([word(), word(), random.chance(50) ? "0x1b" : "0x1c"]);
}

/** A device on the chain that has signed the day's energy of a meter. */
export function plannedMeter(
  random: Random,
  { meter, exponent, community, askTicks, bidTicks, balanceBaseUnits, imports, exports }: SettlementMeter,
  { seat, p256 = false, quality = false }: { seat: number; p256?: boolean; quality?: boolean },
): PlannedMeter & { profile: SignedProfile } {
  const importRegister = random.bits(40);
  const exportRegister = random.bits(40);
  const missing = Array.from({ length: 96 }, (_, index) =>
    quality && (imports[index] ?? 0) + (exports[index] ?? 0) === 0 ? MISSING : MEASURED,
  );
  return {
    device: getAddress(numberToHex(random.bits(159) + 1n, { size: 20 })),
    state: {
      meter,
      active: true,
      lastDay: DAY - 1,
      importRegister,
      exportRegister,
      capUnits: 32_767,
      unitExponent: exponent,
      sharing: true,
      community,
      seat,
      settingsQueued: false,
      deviceQueued: false,
      askTicks,
      bidTicks,
      balanceBaseUnits,
    },
    profile: {
      day: DAY,
      importRegister: importRegister + sumUnits(imports) + random.bits(8),
      exportRegister: exportRegister + sumUnits(exports),
      quality: encodeQuality(missing),
      intervals: encodeIntervals(imports, exports),
      signature: anySignature(random, p256),
    },
  };
}
