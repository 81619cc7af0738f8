import type { Address, Client } from "viem";
import { getTransaction, readContract } from "viem/actions";

import { CommonwattError } from "../commonwatt-error.ts";
import { neighbourhoodDomain } from "../domains.ts";
import { neighbourhoodAbi } from "../generated/abis.ts";
import { decodeIntervals } from "../profile.ts";
import { decodeSettleDay, type SettledProfile, settledProfiles } from "../settlement/calldata.ts";
import { fundsNeeded } from "../settlement/limits.ts";
import type { IntervalClaim, SettlementMeter, Tariff } from "../settlement/types.ts";
import type { LedgerDeployment, LedgerEntries, SettlementEntry } from "./types.ts";

/** A settled day read back whole: everything the auction knew. */
export type ReadSettledDay = {
  tariff: Tariff;
  /** 96 entries. */
  claims: IntervalClaim[];
  /** Every profile of the batch, in its order, with its meter. */
  profiles: (SettledProfile & { meter: number })[];
  /** Those that were settled, in the order of the payments. */
  meters: SettlementMeter[];
};

type Options = {
  /** Prepaid balances of meters before the settlement. Left out: what the contract said of each, able to pay or not. */
  balances?: ReadonlyMap<number, bigint>;
};

/**
 * Reads the profiles of a settled day back from its transaction's input, which every node keeps, and recovers the devices
 * that signed them.
 *
 * @param ledger - Reaching back to the registration of every device.
 * @throws CommonwattError when the input is no settlement or a profile is signed by a device of no meter; viem's errors
 * when the node does not answer.
 */
export async function readSettledDay(
  client: Client,
  deployment: Pick<LedgerDeployment, "chainId" | "neighbourhood">,
  ledger: Pick<LedgerEntries, "devices">,
  entry: SettlementEntry,
  { balances }: Options = {},
): Promise<ReadSettledDay> {
  const { input } = await getTransaction(client, { hash: entry.transactionHash });
  const decoded = decodeSettleDay(input);
  const tariff = await readTariff(client, deployment.neighbourhood, entry);
  const meterOf = new Map(ledger.devices.map(({ device, meter }) => [device.toLowerCase(), meter]));
  const profiles = (await settledProfiles(neighbourhoodDomain(deployment), decoded)).map((settled) => {
    const meter = meterOf.get(settled.device.toLowerCase());
    if (meter === undefined)
      throw new CommonwattError(`The device ${settled.device} of a settled profile is of no meter`);
    return { ...settled, meter };
  });

  const paid = new Set(entry.payments.map(({ meter }) => meter));
  const unfunded = new Map(entry.unfunded.map(({ meter, balanceBaseUnits }) => [meter, balanceBaseUnits]));
  const meters = profiles
    .filter(({ meter }) => paid.has(meter))
    .map(({ meter, community, exponent, askTicks, bidTicks, profile }): SettlementMeter => {
      const signed = decodeIntervals(profile.intervals);
      const party = { meter, community, exponent, askTicks, bidTicks, balanceBaseUnits: 0n, ...signed };
      const balanceBaseUnits = (balances ?? unfunded).get(meter) ?? fundsNeeded(party, tariff);
      return { ...party, balanceBaseUnits };
    });
  return { tariff, claims: decoded.claims, profiles, meters };
}

/** As of the settlement's own block: later the contract knows only the last tariffs. */
async function readTariff(
  client: Client,
  neighbourhood: Address,
  { day, blockNumber }: SettlementEntry,
): Promise<Tariff> {
  const request = { address: neighbourhood, abi: neighbourhoodAbi, functionName: "tariffOf", args: [day] } as const;
  try {
    return await readContract(client, { ...request, blockNumber });
  } catch {
    // A node that keeps no old state: right unless the tariff has changed twice since.
    return readContract(client, request);
  }
}
