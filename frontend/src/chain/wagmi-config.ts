import { type Chain, defineChain, http } from "viem";
import { createConfig, createStorage } from "wagmi";

import type { Deployment } from "@commonwatt/sdk/deployment";

import { demoConnector, LOCAL_CHAIN_ID } from "./demo-connector.ts";

/** The chain of a deployment. Its name is the neighbourhood's: wallets show it when they are asked to add the chain. */
export function chainOf(deployment: Deployment, rpcUrl: string): Chain {
  return defineChain({
    id: deployment.chainId,
    name: deployment.chainId === LOCAL_CHAIN_ID ? "Local demo chain" : `Chain ${deployment.chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
}

/**
 * Wallets and transport. Browser wallets announce themselves (EIP-6963); demo wallets are added only where the build
 * allows them, the chain is the local one, and the deployment brings accounts.
 */
export function createWagmiConfig(deployment: Deployment, rpcUrl: string, demo: boolean) {
  const chain = chainOf(deployment, rpcUrl);
  const transport = http(rpcUrl, { batch: { wait: 10 }, retryCount: 2, timeout: 20_000 });
  const accounts = demo && chain.id === LOCAL_CHAIN_ID ? (deployment.demo?.accounts ?? []) : [];
  return createConfig({
    chains: [chain],
    transports: { [chain.id]: transport },
    connectors: accounts.map((account) => demoConnector(account, transport)),
    multiInjectedProviderDiscovery: true,
    storage: createStorage({ key: "commonwatt", storage: localStorage }),
  });
}
