import { useQuery } from "@tanstack/react-query";
import type { Address, PublicClient } from "viem";
import { usePublicClient } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { decodeIntervals } from "@commonwatt/sdk/profile";
import { decodeSettleDay, settledProfiles } from "@commonwatt/sdk/settlement/calldata";
import type { SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";
import type { Day } from "@commonwatt/sdk/time";

import { addressKey } from "../lib/format.ts";
import type { Books } from "../model/books.ts";
import { type DayMarket, type Statement, statementsOf } from "../model/day-market.ts";
import type { SettledDay } from "../model/settled-day.ts";
import { useDeployment } from "./deployment.ts";
import { KEYS } from "./keys.ts";

/** A settled day read back whole, and everybody's statement by meter. */
export type SettlementDetail = { market: DayMarket; statements: ReadonlyMap<number, Statement> };

/** Reads the profiles of a settled day from its transaction and works out who sold and bought how much. Done once. */
export function useSettlement(
  books: Books,
  settled: SettledDay | undefined,
): { detail: SettlementDetail | undefined; error: Error | undefined } {
  const deployment = useDeployment();
  const client = usePublicClient();
  const { data, error } = useQuery({
    queryKey: KEYS.settlement(settled?.transactionHash ?? ""),
    enabled: client !== undefined && settled !== undefined,
    staleTime: Infinity,
    structuralSharing: false,
    retry: 1,
    queryFn: async (): Promise<SettlementDetail> => {
      if (client === undefined || settled === undefined) throw new CommonwattError("No settled day is chosen.");
      const market = await readDayMarket(client, deployment, books, settled);
      return { market, statements: statementsOf(market) };
    },
  });
  return { detail: data, error: error ?? undefined };
}

/**
 * Reads a settlement's profiles back from its transaction's input, which every node keeps.
 *
 * @throws CommonwattError when a profile is signed by a device of no meter.
 */
export async function readDayMarket(
  client: PublicClient,
  deployment: Deployment,
  books: Books,
  settled: SettledDay,
): Promise<DayMarket> {
  const [{ input }, tariff] = await Promise.all([
    client.getTransaction({ hash: settled.transactionHash }),
    readTariff(client, deployment, settled),
  ]);
  const decoded = decodeSettleDay(input);
  const profiles = await settledProfiles(neighbourhoodDomain(deployment), decoded);
  const meters = profiles.flatMap(({ community, exponent, askTicks, bidTicks, device, profile }): SettlementMeter[] => {
    const meter = meterOf(books, device);
    // A profile that broke its word was counted and left out: nobody is paid for it.
    if (!settled.payments.has(meter)) return [];
    const balanceBaseUnits = settled.openings.get(meter) ?? 0n;
    return [
      { meter, community, exponent, askTicks, bidTicks, balanceBaseUnits, ...decodeIntervals(profile.intervals) },
    ];
  });
  return { settled, tariff, meters, claims: decoded.claims };
}

function meterOf(books: Books, device: Address): number {
  const meter = books.deviceMeters.get(addressKey(device));
  if (meter === undefined)
    throw new CommonwattError(`No meter is known for the device ${device} of a settled profile.`);
  return meter;
}

/** The tariff of a settled day. As of its own block: later the contract knows only the tariffs to come. */
async function readTariff(
  client: PublicClient,
  { neighbourhood }: Deployment,
  { day, blockNumber }: { day: Day; blockNumber: bigint },
): Promise<Tariff> {
  const request = { address: neighbourhood, abi: neighbourhoodAbi, functionName: "tariffOf", args: [day] } as const;
  try {
    return await client.readContract({ ...request, blockNumber });
  } catch {
    // A node that has forgotten the state of old blocks: right unless the tariff was changed twice since.
    return client.readContract(request);
  }
}
