import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { explainError } from "@commonwatt/sdk/errors";
import { createPublicClient, http } from "viem";

import { redactUrl } from "../chain/endpoints/redact.ts";

const TIMEOUT_MS = 20_000;
/** An endpoint that is so far behind does not follow its chain. */
const OLD_SECONDS = 3_600;

export type RpcCheck = { chainId: number; sentence: string; warning: string | undefined };

/**
 * Asks an endpoint what it is.
 *
 * @throws CommonwattError when it does not answer as a node does.
 */
export async function checkRpc(rpcUrl: string, nowSeconds = Date.now() / 1000): Promise<RpcCheck> {
  const client = createPublicClient({ transport: http(rpcUrl, { timeout: TIMEOUT_MS, retryCount: 1 }) });
  try {
    const [chainId, { number, timestamp }] = await Promise.all([client.getChainId(), client.getBlock()]);
    const age = Math.round(nowSeconds - Number(timestamp));
    const sentence = `${redactUrl(rpcUrl)} answers: chain ${chainId}, block ${number}.`;
    const warning =
      age > OLD_SECONDS
        ? `Its latest block is ${age} s old: unless this is a local chain, use another endpoint.`
        : undefined;
    return { chainId, sentence, warning };
  } catch (error) {
    throw new CommonwattError(
      `${redactUrl(rpcUrl)} does not answer as a chain's node does, expected an RPC endpoint: ${explainError(error)}`,
      { cause: error },
    );
  }
}
