import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";

import type { Config } from "../config/schema.ts";
import { createEndpoints, type Endpoints } from "./endpoints/endpoints.ts";

/**
 * Opens the RPC endpoints of the config, and looks at each: one that is good is enough to start.
 *
 * @throws CommonwattError when none answers, or all are on another chain than the deployment.
 */
export async function openChain(
  { rpcUrls, rpc }: Pick<Config, "rpcUrls" | "rpc">,
  { chainId }: Pick<Deployment, "chainId">,
  log: Logger,
): Promise<Endpoints> {
  const endpoints = createEndpoints({ rpcUrls, chainId, ...rpc, log });
  await endpoints.look();
  const reports = endpoints.report();
  if (reports.some(({ state }) => state !== "failing" && state !== "wrong-chain")) return endpoints;
  endpoints.close();
  const wrong = reports.find(({ state }) => state === "wrong-chain");
  if (wrong !== undefined) {
    throw new CommonwattError(
      `The node at rpcUrls ${wrong.endpoint} is on chain ${wrong.chainId ?? "?"}, expected ${chainId}, the chain of the deployment`,
    );
  }
  const named = reports.map(({ endpoint }) => endpoint).join(", ");
  const details = reports.map(({ endpoint, lastFailure }) => `${endpoint} ${lastFailure ?? ""}`).join("; ");
  throw new CommonwattError(`The node at rpcUrls ${named} does not answer`, { details });
}
