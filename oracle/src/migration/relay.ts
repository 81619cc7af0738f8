import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { parseSignature, verifyTypedData } from "viem";

import { act, type Actor, already, type Call, type Outcome, quiet } from "../community/act.ts";
import { amountOf, nonceOf, permitAbi, type SignRequest, typedDataOf } from "./requests.ts";

/** What came of the requests, one by one. */
export type Relayed = {
  sent: Outcome[];
  /** Sentences: not signed yet, or in the way. */
  open: string[];
};

/**
 * Sends what owners have signed. What was sent before is not sent again; where an owner's money cannot be moved on, the
 * rest of it waits, and holds up nothing else.
 *
 * @param from - Whoever pays the fees, on the old neighbourhood; `to`: on the new one.
 */
export async function relaySigned(requests: readonly SignRequest[], from: Actor, to: Actor): Promise<Relayed> {
  const relayed: Relayed = { sent: [], open: [] };
  const waiting = new Set<string>();
  await quiet(from);
  for (const request of requests) {
    const { account, what, action } = request;
    const lane = `${account} ${action.kind === "settings" ? "settings" : "money"}`;
    if (waiting.has(lane)) {
      relayed.open.push(`${account}: ${what}: waits for what comes before it`);
      continue;
    }
    try {
      relayed.sent.push(await relay(request, from, to));
    } catch (error) {
      if (!(error instanceof CommonwattError)) throw error;
      waiting.add(lane);
      relayed.open.push(`${account}: ${what}: ${error.message}`);
    }
  }
  return relayed;
}

async function relay(request: SignRequest, from: Actor, to: Actor): Promise<Outcome> {
  const { account, what, signature, nonce } = request;
  const next = await nextNonce(request, from, to);
  if (next > BigInt(nonce)) return already(`Done before: ${what}.`);
  if (signature === undefined) throw new CommonwattError("not signed yet");
  if (next < BigInt(nonce)) throw new CommonwattError("something else has to be sent before it: ask for it anew");
  const typedData = await typedDataOf(request, from.community, to.community);
  // A contract wallet says itself what it has signed: the simulation shows.
  const plain = (await from.community.reader.getCode({ address: account })) === undefined;
  if (plain && !(await verifyTypedData({ ...typedData, address: account, signature }))) {
    throw new CommonwattError(`the signature is not that of ${account} over this`);
  }
  const { actor, call } = callOf(request, signature, from, to);
  return act(actor, `${account}: ${what}.`, call);
}

/** The nonce that the contract expects of the account next. */
async function nextNonce({ account, action: { kind } }: SignRequest, from: Actor, to: Actor): Promise<bigint> {
  if (kind === "defund" || kind === "withdraw") return nonceOf(from.community, account);
  if (kind !== "deposit") return nonceOf(to.community, account);
  const { reader, deployment } = to.community;
  const request = { address: deployment.currency, abi: permitAbi, functionName: "nonces", args: [account] } as const;
  return reader.readContract(request);
}

function callOf(
  { account, action, deadline: text }: SignRequest,
  signature: NonNullable<SignRequest["signature"]>,
  from: Actor,
  to: Actor,
): { actor: Actor; call: Call } {
  const deadline = BigInt(text);
  const on = (actor: Actor, functionName: string, args: readonly unknown[]) => ({
    actor,
    call: { address: actor.community.deployment.neighbourhood, abi: neighbourhoodAbi, functionName, args },
  });
  switch (action.kind) {
    case "defund":
      return on(from, "defundMeterBySig", [action.meter, amountOf(action), deadline, signature]);
    case "withdraw":
      return on(from, "withdrawBySig", [account, account, amountOf(action), deadline, signature]);
    case "fund":
      return on(to, "fundMeterBySig", [action.meter, amountOf(action), deadline, signature]);
    case "settings":
      return on(to, "setSettingsBySig", [action.meter, action.settings, deadline, signature]);
    case "deposit": {
      const { r, s, yParity } = parseSignature(signature);
      const permit = { valueBaseUnits: amountOf(action), deadline, v: 27 + yParity, r, s };
      return on(to, "depositWithPermit", [account, permit]);
    }
  }
}
