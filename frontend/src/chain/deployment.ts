import { createContext, use } from "react";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";

const PATH = "/deployment.json";
/** A deployment file is a few kB; a whole demo street of accounts about 10 kB. */
const MAX_CHARACTERS = 1_000_000;

/**
 * Fetches and checks `/deployment.json`, which says where the neighbourhood's contracts are.
 *
 * @throws CommonwattError when it is missing or no JSON, InvalidValueError naming the key that is wrong.
 */
export async function loadDeployment(fetcher: typeof fetch, signal: AbortSignal): Promise<Deployment> {
  let response: Response;
  try {
    response = await fetcher(PATH, { signal, cache: "no-store" });
  } catch (cause) {
    throw new CommonwattError(`${PATH} could not be fetched: the server does not answer.`, { cause });
  }
  if (!response.ok) throw new CommonwattError(`${PATH} is missing: the server answered ${response.status}.`);
  const text = await response.text();
  if (text.length > MAX_CHARACTERS) {
    throw new CommonwattError(`${PATH} has ${text.length} characters, expected at most ${MAX_CHARACTERS}.`);
  }
  // A server of a single page answers unknown paths with that page.
  if (text.trimStart().startsWith("<")) {
    throw new CommonwattError(`${PATH} is missing: the server answered with a web page instead.`);
  }
  return parseDeployment(text);
}

/** RPC endpoint: the deployment's own, or the page's origin. */
export function rpcUrlOf(deployment: Deployment, origin: string): string {
  return deployment.rpcUrl ?? `${origin}/rpc`;
}

/** Base of the offer board's paths: the deployment's own, or the page's origin. Ends with `/api`. */
export function boardUrlOf(deployment: Deployment, origin: string): string {
  const base = (deployment.boardUrl ?? origin).replace(/\/+$/u, "");
  return base.endsWith("/api") ? base : `${base}/api`;
}

export const DeploymentContext = createContext<Deployment | undefined>(undefined);

/** The deployment the dApp was started with. */
export function useDeployment(): Deployment {
  const deployment = use(DeploymentContext);
  if (deployment === undefined) throw new CommonwattError("No deployment is loaded here.");
  return deployment;
}
