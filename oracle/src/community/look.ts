import { energyTokenAbi, neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { readLogs } from "@commonwatt/sdk/ledger/logs";
import type { DeviceState } from "@commonwatt/sdk/settlement/types";
import {
  type AbiEvent,
  type Address,
  type ContractEventName,
  getAbiItem,
  type Hex,
  parseEventLogs,
  zeroAddress,
} from "viem";

import type { Community } from "./open.ts";

/** A metering point with the state its device carries. Enums are the contract's numbers. */
export type MeterOnRecord = {
  meter: number;
  owner: Address;
  /** The current device, or the last one when it was revoked; undefined before the first. */
  device: Address | undefined;
  kind: number;
  source: number;
  custody: number;
  keyType: number;
  closed: boolean;
  unitExponent: number;
  place: Hex;
  /** Most energy in either direction per interval. */
  capWh: number;
  /** Undefined before the first device. */
  state: DeviceState | undefined;
};

/** Meters read at a time. */
const LANES = 16;

type Name = ContractEventName<typeof neighbourhoodAbi>;

/**
 * All events of some kinds that the neighbourhood ever logged, in the chain's order.
 *
 * @param toBlock - Last block, inclusive; left out: the latest.
 */
export async function eventsOf<const name extends Name>(
  { reader, deployment }: Community,
  names: readonly name[],
  toBlock?: bigint,
) {
  const logs = await readLogs(reader, {
    addresses: [deployment.neighbourhood],
    events: names.map(abiEvent),
    fromBlock: BigInt(deployment.deploymentBlock),
    toBlock: toBlock ?? (await reader.getBlockNumber()),
  });
  return parseEventLogs({ abi: neighbourhoodAbi, eventName: [...names] as name[], logs });
}

function abiEvent(name: Name): AbiEvent {
  return getAbiItem({ abi: neighbourhoodAbi, name });
}

/**
 * A meter as it is on chain.
 *
 * @param blockNumber - Of this block; left out: of the latest.
 * @returns Undefined where none is registered under that number.
 */
export async function findMeter(
  community: Community,
  meter: number,
  blockNumber?: bigint,
): Promise<MeterOnRecord | undefined> {
  const { reader, contract, deployment } = community;
  const at = blockNumber === undefined ? {} : { blockNumber };
  const token = { address: deployment.token, abi: energyTokenAbi } as const;
  const [owner] = await reader.readContract({ ...token, functionName: "issuer", args: [meter], ...at });
  if (owner === zeroAddress) return undefined;
  const facts = await reader.readContract({ ...contract, functionName: "meter", args: [meter], ...at });
  if (facts.device === zeroAddress) {
    return { meter, ...facts, device: undefined, capWh: await loggedCap(community, meter), state: undefined };
  }
  const state = await reader.readContract({ ...contract, functionName: "deviceState", args: [facts.device], ...at });
  return { meter, ...facts, capWh: state.capUnits * 10 ** facts.unitExponent, state };
}

/** Until a meter has a device, only the events tell its cap. */
async function loggedCap(community: Community, meter: number): Promise<number> {
  const events = await eventsOf(community, ["MeterRegistered", "CapChanged"]);
  return events.findLast(({ args }) => args.meter === meter)?.args.capWh ?? 0;
}

/** All meters that were ever registered, by number. */
export async function listMeters(community: Community, blockNumber?: bigint): Promise<MeterOnRecord[]> {
  const registered = await eventsOf(community, ["MeterRegistered"], blockNumber);
  const numbers = registered.map(({ args }) => args.meter).sort((a, b) => a - b);
  const meters: MeterOnRecord[] = [];
  for (let from = 0; from < numbers.length; from += LANES) {
    const slice = numbers.slice(from, from + LANES);
    const found = await Promise.all(slice.map((meter) => findMeter(community, meter, blockNumber)));
    meters.push(...found.filter((entry) => entry !== undefined));
  }
  return meters;
}

/** Everyone who is a member, in the order of admission. */
export async function listMembers(community: Community, blockNumber?: bigint): Promise<Address[]> {
  const members = new Set<Address>();
  for (const { eventName, args } of await eventsOf(community, ["MemberAdmitted", "MemberRemoved"], blockNumber)) {
    if (eventName === "MemberAdmitted") members.add(args.member);
    else members.delete(args.member);
  }
  return [...members];
}
