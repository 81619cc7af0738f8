import { type Address, type Hex, isAddressEqual, keccak256 } from "viem";

import { CommonwattError } from "../commonwatt-error.ts";
import { neighbourhoodDomain } from "../domains.ts";
import { assertValidProfile, decodeIntervals, decodeQuality, sumUnits } from "../profile.ts";
import { recoverDevice } from "../profile-signing.ts";
import { formatKwh, type Wh, wh } from "../units.ts";
import type { LedgerDeployment, ProfileEntry } from "./types.ts";

/** What came out of checking one recorded profile. */
export type ProfileVerification = {
  /** Whether nothing is wrong. */
  ok: boolean;
  /** Whose key signed; undefined when the signature is none. */
  recovered: Address | undefined;
  /** What the device signed of the intervals: keccak256 of the 384 bytes. */
  intervalsHash: Hex;
  /** Everything that is wrong, in plain words. */
  problems: string[];
};

/**
 * Checks a recorded profile again, from what the chain emitted alone: that the meter's device of that moment signed
 * exactly these intervals and registers for this neighbourhood, that they obey the rules of a profile, and that
 * registers, intervals, unattributed energy and minted tokens add up. Trusts neither the contract nor a server.
 */
export async function verifyProfile(
  deployment: Pick<LedgerDeployment, "chainId" | "neighbourhood">,
  entry: ProfileEntry,
): Promise<ProfileVerification> {
  const problems: string[] = [];
  const recovered = await attempt(problems, () => recoverDevice(neighbourhoodDomain(deployment), entry));
  if (recovered !== undefined) problems.push(...signerProblems(entry, recovered));
  const valid = await attempt(problems, () => {
    assertValidProfile({
      day: entry.day,
      importRegister: entry.importRegister,
      exportRegister: entry.exportRegister,
      quality: decodeQuality(entry.quality),
      ...decodeIntervals(entry.intervals),
    });
    return true;
  });
  if (valid === true) problems.push(...sumProblems(entry));
  return { ok: problems.length === 0, recovered, intervalsHash: keccak256(entry.intervals), problems };
}

function signerProblems({ meter, device, deviceAtTime }: ProfileEntry, recovered: Address): string[] {
  const problems: string[] = [];
  if (!isAddressEqual(recovered, device)) {
    problems.push(`The signature is of ${recovered}, but the profile was recorded as signed by ${device}.`);
  }
  if (deviceAtTime === undefined) {
    problems.push(`Meter ${meter} had no device when the profile was recorded.`);
  } else if (!isAddressEqual(recovered, deviceAtTime.device)) {
    problems.push(`The device of meter ${meter} was ${deviceAtTime.device} then, but ${recovered} signed.`);
  }
  return problems;
}

function sumProblems(entry: ProfileEntry): string[] {
  const { imports, exports } = decodeIntervals(entry.intervals);
  const { previous, unitWh, late, mintedWh, exportWh } = entry;
  const problems = [
    ...registerProblems(
      "import",
      imports,
      entry.importRegister,
      previous?.importRegister,
      entry.unattributedImportWh,
      unitWh,
    ),
    ...registerProblems(
      "export",
      exports,
      entry.exportRegister,
      previous?.exportRegister,
      entry.unattributedExportWh,
      unitWh,
    ),
  ];
  const expectedWh = late ? wh(0) : exportWh;
  if (mintedWh !== expectedWh) {
    problems.push(`Tokens for ${formatKwh(mintedWh)} were made, expected ${formatKwh(expectedWh)}.`);
  }
  return problems;
}

/** Register increase = intervals + unattributed energy. Nothing to compare with where no earlier register is known. */
function registerProblems(
  direction: string,
  units: readonly number[],
  register: bigint,
  previous: bigint | undefined,
  unattributedWh: Wh,
  unitWh: Wh,
): string[] {
  if (previous === undefined) return [];
  const increaseWh = (register - previous) * unitWh;
  const accountedWh = sumUnits(units) * unitWh + unattributedWh;
  if (increaseWh === accountedWh) return [];
  return [
    `The ${direction} register moved by ${increaseWh} Wh, but intervals and unattributed energy are ${accountedWh} Wh.`,
  ];
}

/** The result, or undefined and the reason among the problems. */
async function attempt<T>(problems: string[], check: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof CommonwattError)) throw error;
    problems.push(`${error.shortMessage}.`);
    return undefined;
  }
}
