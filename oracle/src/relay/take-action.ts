import { dayOf } from "@commonwatt/sdk/time";
import { type Address, isAddressEqual, recoverAddress } from "viem";

import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";

import type { Owners } from "../api/owners.ts";
import { refuse } from "../api/refusal.ts";
import type { Reader } from "../chain/reader.ts";
import type { RelayConfig } from "../config/relay.ts";
import { standAlone } from "../storage/alone.ts";
import type { Database } from "../storage/sql.ts";
import { estimateAction } from "./estimate.ts";
import { assertWithinLimits } from "./limits.ts";
import { type ActionContext, prepareAction, type PreparedAction } from "./prepare-action.ts";
import { createRelayStore, type RelayRow } from "./relay-store.ts";
import { lackOf } from "./reserve.ts";
import type { RelayRequest } from "./schemas.ts";

export type TakeParts = {
  config: RelayConfig;
  context: ActionContext;
  owners: Pick<Owners, "isMember">;
  reader: Reader;
  database: Database;
  /** Of the submitter, which pays. */
  account: Address;
  maxFeeWei: bigint;
  /** The machine's clock: days of limits are real ones. */
  nowMs: () => number;
};

/**
 * Checks a member's signed action and queues it. One that is queued, sent or on chain already stays as it is: the same
 * action is sent once, however often it comes.
 *
 * @throws RequestRefusedError saying why it is not taken; nothing counts then.
 */
export async function takeAction(request: RelayRequest, wallet: Address, parts: TakeParts): Promise<RelayRow> {
  const { config, context, owners, reader, database, account, nowMs } = parts;
  const store = createRelayStore(database);
  const prepared = await prepareAction(request, wallet, context);
  const known = await store.find(prepared.id);
  if (known !== undefined && !isAddressEqual(known.wallet, wallet)) {
    throw refuse(409, "this action came from another wallet", "an action of the wallet that is signed in");
  }
  if (known !== undefined && known.state !== "failed" && known.state !== "refused") return known;
  if (!(await owners.isMember(wallet))) {
    throw refuse(403, `${wallet} is no member of the neighbourhood`, "a member, whom the operator has admitted");
  }
  await assertSigned(prepared, reader);
  await assertNext(prepared, reader);
  const estimate = await estimateAction(reader, account, prepared, BigInt(config.maxGas));
  if ("refused" in estimate) throw refuse(422, estimate.refused, "an action that the contract accepts now");
  const lack = await lackOf(reader, account, estimate.gas, { ...config, maxFeeWei: parts.maxFeeWei });
  if (lack !== undefined) throw refuse(503, lack, "another try later, or a transaction of your own");

  const { id, action, to, data, counter, nonce, deadline } = prepared;
  const call = { to, data, counter, nonce: String(nonce), deadline: String(deadline) };
  const gas = Number(estimate.gas);
  const day = dayOf(nowMs() / 1000);
  return database.transaction(async (sql) => {
    await standAlone(sql);
    const inside = createRelayStore(sql);
    if (await inside.isUnderWay(wallet, id)) {
      throw refuse(
        409,
        "another action of this wallet is not in a block yet",
        "one after the other: ask for its state",
      );
    }
    await assertWithinLimits(inside, config, { day, wallet, gas });
    await inside.add({ id, wallet, action, call, day, gas, receivedMs: nowMs() });
    const row = await inside.find(id);
    if (row === undefined) throw new Error(`the action ${id} was not kept`);
    return row;
  });
}

/** An account's signature is checked here; what a contract wallet says, the simulation shows. */
async function assertSigned({ id, wallet, signature, action }: PreparedAction, reader: Reader): Promise<void> {
  const signer = await recoverAddress({ hash: id, signature }).catch(() => undefined);
  if (signer !== undefined && isAddressEqual(signer, wallet)) return;
  const isPermit = action === "depositWithPermit" || action === "permitMarketplace";
  const mayBeContract = !isPermit && (await reader.getCode({ address: wallet })) !== undefined;
  if (mayBeContract) return;
  throw refuse(422, "signature is not one of this wallet over this action", "the wallet's EIP-712 signature");
}

/** Actions go in the order of their numbers. */
async function assertNext({ counter, wallet, nonce }: PreparedAction, reader: Reader): Promise<void> {
  // Every contract counts by the same function.
  const next = await reader.readContract({
    address: counter,
    abi: neighbourhoodAbi,
    functionName: "nonces",
    args: [wallet],
    blockTag: "pending",
  });
  if (nonce < next) {
    throw refuse(409, `nonce is ${nonce}, which was used already`, `${next}: this action, or another, is on chain`);
  }
  if (nonce > next)
    throw refuse(409, `nonce is ${nonce}`, `${next}: actions are sent in the order they were signed in`);
}
