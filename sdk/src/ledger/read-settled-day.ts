import type { Address, Client } from "viem";
import { getTransaction, readContract } from "viem/actions";

import { CommonwattError } from "../commonwatt-error.ts";
import { neighbourhoodDomain } from "../domains.ts";
import { neighbourhoodAbi } from "../generated/abis.ts";
import { decodeIntervals } from "../profile.ts";
import { decodeSettleDay, type SettledProfile, settledProfiles } from "../settlement/calldata.ts";
import { fundsNeeded } from "../settlement/limits.ts";
import type { IntervalClaim, SettlementMeter, Tariff } from "../settlement/types.ts";
import { isoDay } from "../time.ts";
import { isMissingState } from "./historical-state.ts";
import { tariffByEvents } from "./tariffs.ts";
import type { LedgerDeployment, LedgerEntries, SettlementEntry, TariffEntry } from "./types.ts";

/** A settled day read back whole: everything the auction knew. */
export type ReadSettledDay = {
  tariff: Tariff;
  /** "events": the node keeps no state as old as the settlement, so that what was queued had to tell. */
  tariffFrom: "contract" | "events";
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
 * @param ledger - With every device and every tariff since the deployment.
 * @throws CommonwattError when the input is no settlement, a profile is signed by a device of no meter, or neither the node
 * nor the ledger knows the tariff; viem's errors when the node does not answer.
 */
export async function readSettledDay(
  client: Client,
  deployment: Pick<LedgerDeployment, "chainId" | "neighbourhood">,
  ledger: Pick<LedgerEntries, "devices" | "tariffs">,
  entry: SettlementEntry,
  { balances }: Options = {},
): Promise<ReadSettledDay> {
  const { input } = await getTransaction(client, { hash: entry.transactionHash });
  const decoded = decodeSettleDay(input);
  const read = await readTariff(client, deployment.neighbourhood, ledger.tariffs, entry);
  const { tariff } = read;
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
  return { ...read, claims: decoded.claims, profiles, meters };
}

/** As of the settlement's own block: later the contract knows only the last tariffs. */
async function readTariff(
  client: Client,
  neighbourhood: Address,
  tariffs: readonly TariffEntry[],
  { day, blockNumber, logIndex }: SettlementEntry,
): Promise<Pick<ReadSettledDay, "tariff" | "tariffFrom">> {
  const request = { address: neighbourhood, abi: neighbourhoodAbi, functionName: "tariffOf", args: [day] } as const;
  try {
    return { tariff: await readContract(client, { ...request, blockNumber }), tariffFrom: "contract" };
  } catch (error) {
    if (!isMissingState(error)) throw error;
    const tariff = await tariffByEvents(client, tariffs, day, { blockNumber, logIndex });
    if (tariff !== undefined) return { tariff, tariffFrom: "events" };
    throw new CommonwattError(`The tariff of ${isoDay(day)} cannot be read`, {
      details: `the node keeps no state of block ${blockNumber}, and no event of the ledger tells the tariff`,
      cause: error,
    });
  }
}
