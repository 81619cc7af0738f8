import { energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import type { Settings, Tariff } from "@commonwatt/sdk/settlement/types";
import { type Day, dayOf } from "@commonwatt/sdk/time";
import { type Address, erc20Abi } from "viem";

import { eventsOf, listMembers, listMeters, type MeterOnRecord } from "../community/look.ts";
import type { Community } from "../community/open.ts";
import { listRoles, type Role } from "../community/roles.ts";

/** A meter with what is queued for it. */
export type SurveyedMeter = MeterOnRecord & {
  queuedSettings: { effectiveDay: number; settings: Settings } | undefined;
  queuedDevice: { effectiveDay: number; device: Address } | undefined;
};

/** All of a neighbourhood that a migration carries over or has to know, at one block. */
export type Survey = {
  blockNumber: bigint;
  /** Unix seconds of that block. */
  timestamp: bigint;
  today: Day;
  members: Address[];
  meters: SurveyedMeter[];
  /** Money in the accounts of owners that is not zero. */
  accounts: Map<Address, bigint>;
  treasuryBaseUnits: bigint;
  /** Accounts, prepaid balances and treasury, as the contract counts them. */
  heldBaseUnits: bigint;
  /** What the contract really has of the currency. */
  currencyBaseUnits: bigint;
  /** Network charges that the marketplace has collected. */
  chargesBaseUnits: bigint;
  /** When the open closing window ends, unix seconds; undefined when none is open. */
  windowClosesAt: bigint | undefined;
  terms: { retirementWindowDays: number; closingWindowSeconds: number };
  tariff: Tariff;
  /** A tariff that is queued, with its first day. */
  queuedTariff: (Tariff & { effectiveDay: number }) | undefined;
  /** Network charge of sales by hand. */
  marketChargeTicks: number;
  roles: Record<Role, Address[]>;
};

/** Meters looked at at a time. */
const LANES = 16;

/** Looks at a whole neighbourhood, as deep in the chain as its community wants it. */
export async function surveyNeighbourhood(community: Community): Promise<Survey> {
  const { reader, contract, deployment, confirmations } = community;
  const latest = await reader.getBlockNumber();
  const depth = BigInt(confirmations - 1);
  const blockNumber = latest > depth ? latest - depth : 0n;
  const at = { ...contract, blockNumber } as const;
  const { timestamp } = await reader.getBlock({ blockNumber });
  const today = dayOf(timestamp);
  const market = await reader.readContract({ ...at, functionName: "market" });
  const closingWindowSeconds = Number(await reader.readContract({ ...at, functionName: "closingWindowSeconds" }));
  const closesAt = BigInt(market.openedAt) + BigInt(closingWindowSeconds);
  const currency = { address: deployment.currency, abi: erc20Abi, blockNumber, functionName: "balanceOf" } as const;
  const { tariffDay, nextCommunityPriceTicks, nextNetworkChargeTicks } = market;
  return {
    blockNumber,
    timestamp,
    today,
    members: await listMembers(community, blockNumber),
    meters: await surveyMeters(community, blockNumber),
    accounts: await surveyAccounts(community, blockNumber),
    treasuryBaseUnits: await reader.readContract({ ...at, functionName: "treasuryBalance" }),
    heldBaseUnits: await reader.readContract({ ...at, functionName: "heldBalance" }),
    currencyBaseUnits: await reader.readContract({ ...currency, args: [deployment.neighbourhood] }),
    chargesBaseUnits: await reader.readContract({ ...currency, args: [deployment.marketplace] }),
    windowClosesAt: market.settledAt === 0 && timestamp < closesAt ? closesAt : undefined,
    terms: {
      retirementWindowDays: Number(
        await reader.readContract({
          address: deployment.token,
          abi: energyTokenAbi,
          functionName: "retirementWindowDays",
        }),
      ),
      closingWindowSeconds,
    },
    tariff: await reader.readContract({ ...at, functionName: "tariffOf", args: [today] }),
    queuedTariff:
      tariffDay > today
        ? {
            effectiveDay: tariffDay,
            communityPriceTicks: nextCommunityPriceTicks,
            networkChargeTicks: nextNetworkChargeTicks,
          }
        : undefined,
    marketChargeTicks: await reader.readContract({
      address: deployment.marketplace,
      abi: marketplaceAbi,
      functionName: "networkChargeTicks",
      blockNumber,
    }),
    roles: await listRoles(community),
  };
}

/** Money of a meter's prepaid balance. */
export const prepaidOf = ({ state }: MeterOnRecord): bigint => state?.balanceBaseUnits ?? 0n;

async function surveyMeters(community: Community, blockNumber: bigint): Promise<SurveyedMeter[]> {
  const meters = await listMeters(community, blockNumber);
  const surveyed: SurveyedMeter[] = [];
  for (let from = 0; from < meters.length; from += LANES) {
    const slice = meters.slice(from, from + LANES);
    surveyed.push(...(await Promise.all(slice.map((meter) => withQueued(community, meter, blockNumber)))));
  }
  return surveyed;
}

async function withQueued(
  { reader, contract }: Community,
  entry: MeterOnRecord,
  blockNumber: bigint,
): Promise<SurveyedMeter> {
  const at = { ...contract, blockNumber, args: [entry.meter] } as const;
  const [settings, device] = await Promise.all([
    entry.state?.settingsQueued === true ? reader.readContract({ ...at, functionName: "queuedSettings" }) : undefined,
    entry.state?.deviceQueued === true ? reader.readContract({ ...at, functionName: "queuedDevice" }) : undefined,
  ]);
  return {
    ...entry,
    queuedSettings: settings === undefined ? undefined : { effectiveDay: settings[0], settings: settings[1] },
    queuedDevice: device === undefined ? undefined : { effectiveDay: device[0], device: device[1] },
  };
}

/** Money in an account has come by a deposit, or from a meter of its owner. */
async function surveyAccounts(community: Community, blockNumber: bigint): Promise<Map<Address, bigint>> {
  const { reader, contract } = community;
  const credited = await eventsOf(community, ["Deposited", "MeterDefunded"], blockNumber);
  const owners = [...new Set(credited.map(({ args }) => args.account))];
  const accounts = new Map<Address, bigint>();
  for (const owner of owners) {
    const request = { ...contract, functionName: "accountBalance", args: [owner], blockNumber } as const;
    const balance = await reader.readContract(request);
    if (balance > 0n) accounts.set(owner, balance);
  }
  return accounts;
}
