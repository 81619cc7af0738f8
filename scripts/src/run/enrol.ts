import type { Deployment } from "@commonwatt/sdk/deployment";
import { demoEuroAbi, energyTokenAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { CUSTODIES, ENERGY_SOURCES, encodePlace, enumIndex, KEY_TYPES, METER_KINDS } from "@commonwatt/sdk/meters";
import { maxUint256, parseAbi, type Address, type Hex } from "viem";

import { ROLES } from "../../../ignition/parts/roles.ts";
import { governorAccount } from "./accounts.ts";
import type { Resident } from "./homes.ts";
import type { LocalChain } from "./local-chain.ts";
import { send } from "./send.ts";

/** What every home starts with: 10,000 demo euros. */
const PURSE_BASE_UNITS = 10_000n * 1_000_000n;
/** What a home that shares pays into its account on the first evening, and how much of it into its meter's balance. */
const DEPOSIT_BASE_UNITS = 5_000n * 1_000_000n;
const METER_FUNDS_BASE_UNITS = 4_000n * 1_000_000n;
const PLACE = "DEMO STREET";

export type Possession = { readonly device: Address; readonly signature: Hex };

/**
 * The governor's part: members, meters and devices, and demo euros for everybody.
 *
 * @param possessions - One per resident, for opening registers of 0.
 * @param capWh - Most energy of a home per quarter-hour in either direction.
 */
export async function enrol(
  chain: LocalChain,
  deployment: Deployment,
  residents: readonly Resident[],
  possessions: readonly Possession[],
  capWh: number,
): Promise<void> {
  const governor = { client: chain.client, wallet: chain.wallet(governorAccount()) };
  const neighbourhood = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  for (const [index, { home, meter, account }] of residents.entries()) {
    const possession = possessions[index];
    if (possession === undefined) throw new Error(`No proof of possession for meter ${meter}.`);
    const owner = account.address;
    await send(governor, `Admitting ${home.name}`, { ...neighbourhood, functionName: "admitMember", args: [owner] });
    const registration = {
      meter,
      owner,
      kind: enumIndex(METER_KINDS, "home"),
      source: enumIndex(ENERGY_SOURCES, home.hasGeneration ? "solar" : "unknown"),
      unitExponent: 0,
      capWh,
      place: encodePlace(PLACE),
    };
    await send(governor, `Registering meter ${meter}`, {
      ...neighbourhood,
      functionName: "registerMeter",
      args: [registration],
    });
    const device = {
      device: possession.device,
      meter,
      importRegister: 0n,
      exportRegister: 0n,
      keyType: enumIndex(KEY_TYPES, "secp256k1"),
      custody: enumIndex(CUSTODIES, "operator"),
      possession: possession.signature,
    };
    await send(governor, `Registering the device of meter ${meter}`, {
      ...neighbourhood,
      functionName: "registerDevice",
      args: [device],
    });
    await send(governor, `Giving ${home.name} demo euros`, {
      address: deployment.currency,
      abi: demoEuroAbi,
      functionName: "mint",
      args: [owner, PURSE_BASE_UNITS],
    });
  }
}

/** Lets the oracle's account announce the days of sharing meters. */
export async function letAnnounce(chain: LocalChain, deployment: Deployment, submitter: Address): Promise<void> {
  const announcer = ROLES.find(({ name }) => name === "announcer");
  if (announcer === undefined) throw new Error("There is no announcer role.");
  await send({ client: chain.client, wallet: chain.wallet(governorAccount()) }, "Letting the oracle announce days", {
    address: deployment.accessManager,
    abi: parseAbi(["function grantRole(uint64 roleId, address account, uint32 executionDelay)"]),
    functionName: "grantRole",
    args: [announcer.id, submitter, 0],
  });
}

/** A home's own part: it lets the marketplace deliver its energy tokens and take its payments. */
export async function approveMarketplace(
  chain: LocalChain,
  deployment: Deployment,
  { home, account }: Resident,
): Promise<void> {
  const owner = { client: chain.client, wallet: chain.wallet(account) };
  await send(owner, `Approving the marketplace for ${home.name}'s energy`, {
    address: deployment.token,
    abi: energyTokenAbi,
    functionName: "setApprovalForAll",
    args: [deployment.marketplace, true],
  });
  await send(owner, `Approving the marketplace for ${home.name}'s euros`, {
    address: deployment.currency,
    abi: demoEuroAbi,
    functionName: "approve",
    args: [deployment.marketplace, maxUint256],
  });
}

/**
 * A home's own part in sharing: it pays into its account, funds its meter, and turns sharing on, which takes effect the
 * next day.
 */
export async function joinSharing(
  chain: LocalChain,
  deployment: Deployment,
  { home, meter, account, trading }: Resident,
): Promise<void> {
  const owner = { client: chain.client, wallet: chain.wallet(account) };
  const neighbourhood = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  await send(owner, `Approving the neighbourhood for ${home.name}'s euros`, {
    address: deployment.currency,
    abi: demoEuroAbi,
    functionName: "approve",
    args: [deployment.neighbourhood, DEPOSIT_BASE_UNITS],
  });
  await send(owner, `Paying into ${home.name}'s account`, {
    ...neighbourhood,
    functionName: "deposit",
    args: [account.address, DEPOSIT_BASE_UNITS],
  });
  await send(owner, `Funding the meter of ${home.name}`, {
    ...neighbourhood,
    functionName: "fundMeter",
    args: [meter, METER_FUNDS_BASE_UNITS],
  });
  const limits = typeof trading === "string" ? { askTicks: 0, bidTicks: 0 } : trading;
  await send(owner, `Turning sharing on for ${home.name}`, {
    ...neighbourhood,
    functionName: "setSettings",
    args: [meter, { sharing: true, community: trading === "community", ...limits }],
  });
}
