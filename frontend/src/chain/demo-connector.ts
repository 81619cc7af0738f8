import { type Address, createClient, type EIP1193RequestFn, type Transport } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { createConnector } from "wagmi";

import type { DemoAccount } from "@commonwatt/sdk/deployment";

/** Chain id of local development chains, the only one where a private key in a web page is no scandal. */
export const LOCAL_CHAIN_ID = 31337;

const PREFIX = "demo:";
/** Where wagmi's storage remembers which demo account is in use, so that a reload keeps it and no other. */
const STORED = "demoAccount";
/** Receipts on the local chain are there within a block or two. */
const POLLING_MS = 250;

type Provider = { request: EIP1193RequestFn };

/** True for the connectors made here. */
export function isDemoConnector(id: string): boolean {
  return id.startsWith(PREFIX);
}

/**
 * A wallet over one funded account of the local demo chain: it signs without asking. One connector per account, so
 * that choosing who to be is choosing a wallet.
 *
 * @throws Error on any chain but the local one.
 */
export function demoConnector(demo: DemoAccount, transport: Transport) {
  const account = privateKeyToAccount(demo.privateKey);
  return createConnector<Provider, Record<string, unknown>, { [STORED]: Address }>((config) => {
    const chain = config.chains[0];
    if (chain.id !== LOCAL_CHAIN_ID) {
      throw new Error(`Demo wallets exist on chain ${LOCAL_CHAIN_ID} only, not on chain ${chain.id}.`);
    }
    const client = createClient({ account, chain, transport, pollingInterval: POLLING_MS });
    return {
      id: `${PREFIX}${account.address}`,
      name: demo.name,
      type: "demo",
      async connect() {
        await config.storage?.setItem(STORED, account.address);
        // The type wants the shape with capabilities when a caller asks for them; no caller of ours does.
        return { accounts: [account.address] as never, chainId: chain.id };
      },
      async disconnect() {
        if ((await config.storage?.getItem(STORED)) === account.address) await config.storage?.removeItem(STORED);
      },
      getAccounts: () => Promise.resolve([account.address]),
      getChainId: () => Promise.resolve(chain.id),
      getProvider: () => Promise.resolve({ request: client.request }),
      getClient: () => Promise.resolve(client),
      isAuthorized: async () => (await config.storage?.getItem(STORED)) === account.address,
      onAccountsChanged: () => undefined,
      onChainChanged: () => undefined,
      onDisconnect: () => undefined,
    };
  });
}
