import { decodeEventLog, isAddressEqual } from "viem";

import { energyTokenAbi, marketplaceAbi, neighbourhoodAbi } from "../generated/abis.ts";
import type { MinedLog } from "./logs.ts";
import type { LedgerDeployment, LedgerEvent, Position } from "./types.ts";

/** Where a log stands in the chain. */
export function logPosition(log: MinedLog): Position {
  const { blockNumber, logIndex, transactionHash, blockTimestamp } = log;
  return {
    blockNumber,
    logIndex,
    transactionHash,
    ...(blockTimestamp === undefined ? {} : { timestamp: blockTimestamp }),
  };
}

/**
 * Decodes a log by the ABI of the contract it comes from.
 *
 * @returns undefined for a log that the ABI does not explain.
 */
export function decodeLog(deployment: LedgerDeployment, log: MinedLog): LedgerEvent | undefined {
  const { address, data, topics } = log;
  const position = logPosition(log);
  try {
    if (isAddressEqual(address, deployment.neighbourhood)) {
      return { ...position, contract: "neighbourhood", ...decodeEventLog({ abi: neighbourhoodAbi, data, topics }) };
    }
    if (isAddressEqual(address, deployment.token)) {
      return { ...position, contract: "token", ...decodeEventLog({ abi: energyTokenAbi, data, topics }) };
    }
    if (isAddressEqual(address, deployment.marketplace)) {
      return { ...position, contract: "marketplace", ...decodeEventLog({ abi: marketplaceAbi, data, topics }) };
    }
  } catch {
    // viem throws for a topic the ABI does not know and for data that does not fit it.
  }
  return undefined;
}
