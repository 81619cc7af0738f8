import {
  defundMeterTypedData,
  fundMeterTypedData,
  setSettingsTypedData,
  withdrawTypedData,
} from "@commonwatt/sdk/actions";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { type Address, type Hex, parseAbi, type TypedDataDefinition } from "viem";

import { money } from "../community/money.ts";
import type { Community } from "../community/open.ts";
import { describeChoice } from "../community/sharing.ts";
import { lastSettings } from "./history.ts";
import { carried, wantedSettings } from "./plan.ts";
import { prepaidOf, type Survey, surveyNeighbourhood, type SurveyedMeter } from "./survey.ts";

/** What an owner signs so that somebody else can send it. */
export type SignRequest = {
  account: Address;
  /** In plain words. */
  what: string;
  /** Which action, with its values. Numbers of the chain are in decimal digits. */
  action:
    | { kind: "defund"; meter: number; amountBaseUnits: string }
    | { kind: "withdraw"; amountBaseUnits: string }
    | { kind: "deposit"; amountBaseUnits: string }
    | { kind: "fund"; meter: number; amountBaseUnits: string }
    | {
        kind: "settings";
        meter: number;
        settings: { sharing: boolean; community: boolean; askTicks: number; bidTicks: number };
      };
  nonce: string;
  /** Unix seconds. */
  deadline: string;
  /** Filled in by the owner. */
  signature?: Hex | undefined;
};

export const permitAbi = parseAbi([
  "function nonces(address owner) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

const VALID_SECONDS = 30n * 86_400n;

/**
 * What every owner has to sign so that the operator can take their money along and have their meters share again: after
 * `move`, when no settlement changes the balances any more. In the order in which it is sent.
 *
 * What is done already is left out, so it can be asked again at any time.
 */
export async function signRequests(from: Community, to: Community): Promise<SignRequest[]> {
  const [old, target] = [await surveyNeighbourhood(from), await surveyNeighbourhood(to)];
  const deadline = old.timestamp + VALID_SECONDS;
  const moved = carried(old, target);
  const owners = new Set([...old.accounts.keys(), ...old.meters.map(({ owner }) => owner)]);
  const requests: SignRequest[] = [];
  for (const owner of owners) {
    const meters = moved.filter((meter) => meter.owner === owner);
    requests.push(...(await requestsOf(owner, { from, to, old, target, meters, deadline })));
  }
  return requests;
}

type Parts = {
  from: Community;
  to: Community;
  old: Survey;
  target: Survey;
  /** The owner's meters that move. */
  meters: readonly SurveyedMeter[];
  deadline: bigint;
};

async function requestsOf(
  account: Address,
  { from, to, old, target, meters, deadline }: Parts,
): Promise<SignRequest[]> {
  const requests: SignRequest[] = [];
  const add = (nonce: bigint, what: string, action: SignRequest["action"]) => {
    requests.push({ account, what, action, nonce: nonce.toString(), deadline: deadline.toString() });
  };
  const [oldName, newName] = ["the old neighbourhood", "the new neighbourhood"];

  let newNonce = await nonceOf(to, account);
  const there = new Map(target.meters.map((meter) => [meter.meter, meter]));
  // First what needs no money: whoever keeps theirs can share nevertheless, once they have paid in.
  for (const meter of await sharingMeters(from, meters, there)) {
    add(newNonce++, `From the next day on meter ${meter.meter} ${describeChoice(meter.settings)}`, {
      kind: "settings",
      ...meter,
    });
  }

  let oldNonce = await nonceOf(from, account);
  let total = old.accounts.get(account) ?? 0n;
  const prepaid = old.meters.filter((meter) => meter.owner === account && prepaidOf(meter) > 0n);
  for (const meter of prepaid) {
    const amountBaseUnits = prepaidOf(meter);
    total += amountBaseUnits;
    add(oldNonce++, `Take ${money(amountBaseUnits)} from meter ${meter.meter} into your account in ${oldName}`, {
      kind: "defund",
      meter: meter.meter,
      amountBaseUnits: amountBaseUnits.toString(),
    });
  }
  if (total > 0n) {
    const amountBaseUnits = total.toString();
    add(oldNonce, `Take ${money(total)} from ${oldName} to your own address`, { kind: "withdraw", amountBaseUnits });
    const { currency } = to.deployment;
    const nonce = await to.reader.readContract({
      address: currency,
      abi: permitAbi,
      functionName: "nonces",
      args: [account],
    });
    add(nonce, `Pay ${money(total)} into your account in ${newName}`, { kind: "deposit", amountBaseUnits });
  }

  for (const meter of meters.filter((entry) => prepaidOf(entry) > 0n && there.get(entry.meter)?.state !== undefined)) {
    const amountBaseUnits = prepaidOf(meter);
    add(newNonce++, `Give ${money(amountBaseUnits)} of it to meter ${meter.meter}, to pay for its energy`, {
      kind: "fund",
      meter: meter.meter,
      amountBaseUnits: amountBaseUnits.toString(),
    });
  }
  return requests;
}

/** Meters that shared on the old contract until they were closed, and do not on the new one, with their settings. */
async function sharingMeters(
  from: Community,
  meters: readonly SurveyedMeter[],
  there: ReadonlyMap<number, SurveyedMeter>,
): Promise<{ meter: number; settings: Settings }[]> {
  const waiting = meters.filter(({ meter }) => {
    const state = there.get(meter)?.state;
    return state?.active === true && !state.sharing && !state.settingsQueued;
  });
  const last = await lastSettings(from);
  return waiting.flatMap((entry) => {
    const settings = entry.closed ? last.get(entry.meter) : wantedSettings(entry);
    if (settings?.sharing !== true) return [];
    const { sharing, community, askTicks, bidTicks } = settings;
    return [{ meter: entry.meter, settings: { sharing, community, askTicks, bidTicks } }];
  });
}

type Settings = { sharing: boolean; community: boolean; askTicks: number; bidTicks: number };

/** What an EIP-712 wallet shows and signs for a request. */
export async function typedDataOf(
  { account, action, nonce, deadline }: SignRequest,
  from: Community,
  to: Community,
): Promise<TypedDataDefinition> {
  const times = { nonce: BigInt(nonce), deadline: BigInt(deadline) };
  const [oldDomain, newDomain] = [neighbourhoodDomain(from.deployment), neighbourhoodDomain(to.deployment)];
  switch (action.kind) {
    case "defund":
      return defundMeterTypedData(oldDomain, { ...times, meter: action.meter, amountBaseUnits: amountOf(action) });
    case "withdraw":
      return withdrawTypedData(oldDomain, { ...times, account, to: account, amountBaseUnits: amountOf(action) });
    case "fund":
      return fundMeterTypedData(newDomain, { ...times, meter: action.meter, amountBaseUnits: amountOf(action) });
    case "settings":
      return setSettingsTypedData(newDomain, { ...times, meter: action.meter, settings: action.settings });
    case "deposit": {
      const message = { owner: account, spender: to.deployment.neighbourhood, value: amountOf(action), ...times };
      return { domain: await currencyDomain(to), types: PERMIT, primaryType: "Permit", message };
    }
  }
}

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

export const amountOf = ({ amountBaseUnits }: { amountBaseUnits: string }) => BigInt(amountBaseUnits);

/** What permits of the currency are signed for, as the currency says. */
async function currencyDomain({ reader, deployment }: Community) {
  const [, name, version, chainId, verifyingContract] = await reader.readContract({
    address: deployment.currency,
    abi: permitAbi,
    functionName: "eip712Domain",
  });
  return { name, version, chainId: Number(chainId), verifyingContract };
}

export function nonceOf({ reader, contract }: Community, account: Address): Promise<bigint> {
  return reader.readContract({ ...contract, functionName: "nonces", args: [account] });
}
