import { createPublicClient, createWalletClient, defineChain, http, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const POLLING_MILLISECONDS = 200;
const TIMEOUT_MILLISECONDS = 20_000;

/** A client that reads, of any EVM chain that speaks JSON-RPC over HTTP. */
export function createReader({ rpcUrl, chainId }: { rpcUrl: string; chainId: number }) {
  return createPublicClient({
    chain: chainOf(chainId, rpcUrl),
    transport: http(rpcUrl, { timeout: TIMEOUT_MILLISECONDS, retryCount: 2 }),
    pollingInterval: POLLING_MILLISECONDS,
    // Every look must be a new one: answers of the same moment differ when the chain's time is simulated.
    cacheTime: 0,
  });
}

/** A client that signs and sends transactions with a local key. */
export function createWriter({ rpcUrl, chainId, privateKey }: { rpcUrl: string; chainId: number; privateKey: Hex }) {
  return createWalletClient({
    account: privateKeyToAccount(privateKey),
    chain: chainOf(chainId, rpcUrl),
    transport: http(rpcUrl, { timeout: TIMEOUT_MILLISECONDS, retryCount: 2 }),
  });
}

export type Reader = ReturnType<typeof createReader>;
export type Writer = ReturnType<typeof createWriter>;

function chainOf(id: number, rpcUrl: string) {
  return defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
}
