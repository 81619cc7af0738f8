import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { signP256, p256Address, p256PublicKey } from "@commonwatt/sdk/p256";
import { encodeIntervals } from "@commonwatt/sdk/profile";
import { hashSignedProfile, type SignedProfile } from "@commonwatt/sdk/profile-signing";
import type { PlannedMeter } from "@commonwatt/sdk/settlement/plan";
import type { DeviceState, Tariff } from "@commonwatt/sdk/settlement/types";
import { type Hex, keccak256, numberToHex } from "viem";
import { privateKeyToAddress, sign } from "viem/accounts";

import { pick, type Random } from "./random.ts";

/** The day that every case settles. */
export const DAY = 20_000;

/** When it is settled, unix seconds. The chain stands still there. */
export const NOW = 4_000_000_000;

/** The domain devices sign for. Every case has the same contract, so that one signature will do. */
export const DOMAIN = neighbourhoodDomain({
  chainId: 31_337,
  neighbourhood: "0x00000000000000000000000000000000000c0de0",
});

const LANES = 96;
const MOST_UNITS = 32_767;

/** A meter with the means to sign for it. */
export type Resident = PlannedMeter & { profile: SignedProfile; key: Hex; p256: boolean };

/** What a random street is made of. */
export type StreetPlan = {
  meters: number;
  tariff: Tariff;
  /** Limits are drawn from these, so that many tie. */
  ticks: readonly [number, ...number[]];
  /** Energies are drawn from these. */
  units: readonly [number, ...number[]];
  exponents: readonly [number, ...number[]];
  /** One meter in so many signs with P-256; 0: none. */
  p256Every: number;
};

/** Homes with signed profiles of the day, in random classes. */
export async function streetOf(random: Random, plan: StreetPlan): Promise<Resident[]> {
  return Promise.all(
    Array.from({ length: plan.meters }, (_, index) => {
      const community = random(3) === 0;
      const state: DeviceState = {
        meter: 100 + index,
        active: true,
        sharing: true,
        community,
        seat: (index * 83 + 255) % 256,
        settingsQueued: false,
        deviceQueued: false,
        askTicks: community ? 0 : pick(random, plan.ticks),
        bidTicks: community ? 0 : pick(random, plan.ticks),
        balanceBaseUnits: 1n << 45n,
        lastDay: DAY - 1 - random(2),
        importRegister: BigInt(random(1_000_000)),
        exportRegister: BigInt(random(1_000_000)),
        capUnits: MOST_UNITS,
        unitExponent: pick(random, plan.exponents),
      };
      const lanes = (): number[] => Array.from({ length: LANES }, () => pick(random, plan.units));
      const p256 = plan.p256Every > 0 && index % plan.p256Every === 0;
      return resident(state, lanes(), lanes(), 0n, keyOf(`${state.meter}:${random(1 << 30)}`), p256);
    }),
  );
}

/** A meter whose device has signed these intervals, with registers that increase by exactly their sums. */
export async function resident(
  state: DeviceState,
  imports: readonly number[],
  exports: readonly number[],
  quality: bigint,
  key: Hex,
  p256: boolean,
): Promise<Resident> {
  const unsigned = {
    day: DAY,
    importRegister: state.importRegister + sum(imports),
    exportRegister: state.exportRegister + sum(exports),
    quality,
    intervals: encodeIntervals(imports, exports),
  };
  const device = p256 ? p256Address(p256PublicKey(key)) : privateKeyToAddress(key);
  return { device, state, profile: await signed(unsigned, key, p256), key, p256 };
}

/** A profile with its device's signature. */
export async function signed(
  profile: Omit<SignedProfile, "signature">,
  key: Hex,
  p256: boolean,
): Promise<SignedProfile> {
  const digest = hashSignedProfile(DOMAIN, profile);
  const signature = p256 ? signP256(key, digest) : await sign({ hash: digest, privateKey: key, to: "hex" });
  return { ...profile, signature };
}

/** The resident with another profile, signed anew. */
export async function resigned(of: Resident, change: Partial<SignedProfile>): Promise<Resident> {
  return { ...of, profile: await signed({ ...of.profile, ...change }, of.key, of.p256) };
}

/** A private key made of a name. */
export function keyOf(name: string): Hex {
  return keccak256(numberToHex(BigInt(keccak256(new TextEncoder().encode(name))), { size: 32 }));
}

/** Sum of whole numbers. */
export function sum(values: readonly number[]): bigint {
  return BigInt(values.reduce((total, value) => total + value, 0));
}
