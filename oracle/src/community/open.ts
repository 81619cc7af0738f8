import type { Deployment } from "@commonwatt/sdk/deployment";
import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";

import type { Config } from "../config/schema.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { openChain } from "../chain/open.ts";
import { createReader, type Reader } from "../chain/reader.ts";
import { createLog } from "../log.ts";

/** Hears, sentence by sentence, what is done. */
export type Say = (line: string) => void;

/** How to reach a chain; the config of an oracle has it all. */
export type ChainAccess = Pick<Config, "rpcUrls" | "rpc"> & { timing: Pick<Config["timing"], "confirmations"> };

/** One neighbourhood on its chain, as its operator acts on it. */
export type Community = {
  deployment: Deployment;
  endpoints: Endpoints;
  reader: Reader;
  /** Blocks that must hold a transaction, its own included, before it counts. */
  confirmations: number;
  /** The neighbourhood, for calls. */
  contract: { address: Deployment["neighbourhood"]; abi: typeof neighbourhoodAbi };
  close(): void;
};

/**
 * Opens a neighbourhood. {@link Community.close} it when done.
 *
 * @throws CommonwattError when no endpoint answers, all are on another chain, or there is no contract at its address.
 */
export async function openCommunity(access: ChainAccess, deployment: Deployment): Promise<Community> {
  const endpoints = await openChain(access, deployment, createLog("silent"));
  const reader = createReader(endpoints);
  const { neighbourhood: address } = deployment;
  try {
    if ((await reader.getCode({ address })) === undefined) {
      throw new CommonwattError(
        `There is no contract at ${address} on chain ${deployment.chainId}, expected the neighbourhood of the deployment`,
      );
    }
  } catch (error) {
    endpoints.close();
    throw error;
  }
  return {
    deployment,
    endpoints,
    reader,
    confirmations: access.timing.confirmations,
    contract: { address, abi: neighbourhoodAbi },
    close: () => {
      endpoints.close();
    },
  };
}
