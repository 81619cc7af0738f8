import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { explainError } from "@commonwatt/sdk/errors";
import {
  type Abi,
  type Address,
  encodeFunctionData,
  formatEther,
  type Hash,
  type Hex,
  keccak256,
  type LocalAccount,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";

import type { Community, Say } from "./open.ts";

/** Who acts, on which neighbourhood. */
export type Actor = {
  community: Community;
  account: LocalAccount;
  say: Say;
  /** Say what would happen, and send nothing. */
  dryRun?: boolean;
  /** Longest wait for a block, seconds. */
  patienceSeconds?: number;
};

export type Call = { address: Address; abi: Abi; functionName: string; args: readonly unknown[] };

/** What came of an act. */
export type Outcome = {
  /** It was so before: nothing was sent. */
  already: boolean;
  /** What is so now, in plain words; of a dry run what would be. */
  sentence: string;
  transactionHash?: Hash;
};

const PATIENCE_SECONDS = 600;
const FIRST_LOOK_MS = 40;
const LONGEST_PAUSE_MS = 2_000;
/** State can change between the estimate and the block. */
const GAS_MARGIN_PERCENT = 20n;
/** EIP-7825: no transaction can have more. */
const MAX_GAS = 16_777_216n;

/** What a call does not have to do, for it is so already. */
export function already(sentence: string): Outcome {
  return { already: true, sentence };
}

/**
 * Simulates a call, says what it will do, sends it, and waits until it counts.
 *
 * Whoever is killed in between can call again: what another run has sent and no block holds yet is waited for first, so
 * look at the chain after {@link quiet}, not before.
 *
 * @param will - What it does, a whole sentence in plain words.
 * @throws CommonwattError with the contract's reason when it refuses, or when the account cannot pay.
 */
export async function act(actor: Actor, will: string, call: Call): Promise<Outcome> {
  const { community, account, say, dryRun = false } = actor;
  const { reader, endpoints } = community;
  const request = { ...call, account: account.address };
  const estimate = await reader.estimateContractGas({ ...request, blockTag: "pending" }).catch((error: unknown) => {
    throw new CommonwattError(`Not done: ${will} The contract refuses: ${explainError(error)}`, { cause: error });
  });
  if (dryRun) {
    say(`Would be done: ${will}`);
    return { already: false, sentence: will };
  }
  const gas = (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n;
  const fees = await reader.estimateFeesPerGas();
  const transaction = {
    chainId: endpoints.chainId,
    type: "eip1559",
    to: call.address,
    data: encodeFunctionData(call),
    gas: gas < MAX_GAS ? gas : MAX_GAS,
    nonce: await reader.getTransactionCount({ address: account.address, blockTag: "pending" }),
    ...fees,
  } as const;
  await requireFunds(actor, transaction.gas * fees.maxFeePerGas);
  say(will);
  const hash = await broadcast(community, await account.signTransaction(transaction));
  const receipt = await deepReceipt(actor, hash);
  if (receipt.status === "success") return { already: false, sentence: will, transactionHash: hash };
  const reason = await reader.simulateContract(request).then(
    () => "it would be accepted now: run it again",
    (error: unknown) => explainError(error),
  );
  throw new CommonwattError(`Not done: ${will} Transaction ${hash} failed: ${reason}`);
}

/**
 * Waits until no transaction of the account is on its way, so that the chain shows all that it did.
 *
 * @throws CommonwattError when that takes longer than the actor's patience.
 */
export async function quiet(actor: Actor): Promise<void> {
  const { community, account, say } = actor;
  const { address } = account;
  const count = (blockTag: "latest" | "pending") => community.reader.getTransactionCount({ address, blockTag });
  let told = false;
  await patiently(actor, `an earlier transaction of ${address} is in no block`, async () => {
    if ((await count("pending")) <= (await count("latest"))) return true;
    if (!told) say(`An earlier transaction of ${address} is on its way: waiting for its block.`);
    told = true;
    return undefined;
  });
}

async function requireFunds({ community, account }: Actor, neededWei: bigint): Promise<void> {
  const balanceWei = await community.reader.getBalance({ address: account.address });
  if (balanceWei >= neededWei) return;
  throw new CommonwattError(
    `The account ${account.address} holds ${formatEther(balanceWei)} ether, expected ${formatEther(neededWei)} for the fee: send it some`,
  );
}

async function broadcast({ endpoints }: Community, raw: Hex): Promise<Hash> {
  const answers = await endpoints.broadcast(raw);
  const hash = keccak256(raw);
  if (answers.some((answer) => "result" in answer)) return hash;
  const [refused] = answers;
  const known = refused !== undefined && "error" in refused && /already known/iu.test(refused.error.details);
  if (known) return hash;
  const reason = refused !== undefined && "error" in refused ? explainError(refused.error) : "no node answers";
  throw new CommonwattError(`The transaction is not taken: ${reason}`);
}

/** The receipt, once as many blocks hold it as count. */
function deepReceipt(actor: Actor, hash: Hash): Promise<TransactionReceipt> {
  const { reader, confirmations } = actor.community;
  return patiently(actor, `transaction ${hash} is not deep enough in the chain`, async () => {
    const receipt = await reader.getTransactionReceipt({ hash }).catch((error: unknown) => {
      if (error instanceof TransactionReceiptNotFoundError) return undefined;
      throw error;
    });
    if (receipt === undefined) return undefined;
    const depth = (await reader.getBlockNumber()) - receipt.blockNumber + 1n;
    return depth >= BigInt(confirmations) ? receipt : undefined;
  });
}

async function patiently<T>(
  { patienceSeconds = PATIENCE_SECONDS }: Actor,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + patienceSeconds * 1000;
  for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_PAUSE_MS)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new CommonwattError(
        `After ${patienceSeconds} s ${what}. Nothing is lost: run it again, it goes on from what the chain shows`,
      );
    }
    await pause(waitMs);
  }
}
