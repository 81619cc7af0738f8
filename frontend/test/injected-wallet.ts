import type { Page } from "@playwright/test";
import { createWalletClient, defineChain, type Hex, http, type TypedDataDefinition } from "viem";
import { privateKeyToAccount } from "viem/accounts";

/** What the page asks a wallet. */
type Request = { method: string; params?: unknown[] };
type Answer = { result: unknown } | { error: { code: number; message: string } };

/** A wallet whose key stays in the test process. `refuse` makes the next thing a person would be asked be refused. */
export type InjectedWallet = { name: string; refuseNext: () => void; asked: string[] };

/** What needs a person's consent in a wallet. */
const ASKS = new Set(["eth_requestAccounts", "eth_sendTransaction", "eth_signTypedData_v4"]);

/**
 * Puts a wallet into the page that announces itself as EIP-6963 wants it. Before it is connected it shows no account.
 *
 * @param privateKey - Its key. Never enters the page.
 * @param rpcUrl - Node behind the wallet.
 */
export async function injectWallet(
  page: Page,
  { privateKey, rpcUrl, chainId }: { privateKey: Hex; rpcUrl: string; chainId: number },
): Promise<InjectedWallet> {
  const account = privateKeyToAccount(privateKey);
  const chain = defineChain({
    id: chainId,
    name: "Test",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const client = createWalletClient({ account, chain, transport: http(rpcUrl) });
  let connected = false;
  let refuses = false;
  const asked: string[] = [];

  const answer = async ({ method, params = [] }: Request): Promise<Answer> => {
    if (ASKS.has(method)) {
      asked.push(method);
      if (refuses) {
        refuses = false;
        return { error: { code: 4001, message: "User rejected the request." } };
      }
    }
    switch (method) {
      case "eth_accounts":
        return { result: connected ? [account.address] : [] };
      case "eth_requestAccounts":
        connected = true;
        return { result: [account.address] };
      case "eth_chainId":
        return { result: `0x${chainId.toString(16)}` };
      case "wallet_requestPermissions":
      case "wallet_revokePermissions":
        return { error: { code: 4200, message: "This wallet knows no permissions." } };
      case "eth_signTypedData_v4":
        return { result: await account.signTypedData(JSON.parse(String(params[1])) as TypedDataDefinition) };
      case "eth_sendTransaction": {
        const { to, data } = params[0] as { to: Hex; data: Hex };
        return { result: await client.sendTransaction({ to, data }) };
      }
      default:
        return { result: await client.request({ method, params } as never) };
    }
  };

  await page.exposeFunction("askTestWallet", async (request: string): Promise<string> => {
    try {
      return JSON.stringify(await answer(JSON.parse(request) as Request));
    } catch (error) {
      return JSON.stringify({ error: { code: -32603, message: String(error) } });
    }
  });
  await page.addInitScript(announce);
  return {
    name: "Test Wallet",
    asked,
    refuseNext: () => {
      refuses = true;
    },
  };
}

/** Runs in the page. Only what it gets by message passes between page and wallet. */
function announce(): void {
  const ask = (window as unknown as { askTestWallet: (request: string) => Promise<string> }).askTestWallet;
  const provider = {
    on: () => provider,
    removeListener: () => provider,
    request: async (request: unknown): Promise<unknown> => {
      const answer = JSON.parse(await ask(JSON.stringify(request))) as {
        result?: unknown;
        error?: { code: number; message: string };
      };
      if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
  };
  const detail = Object.freeze({
    info: Object.freeze({
      uuid: "0f8f7a3c-4b5e-4c63-9d0b-7f2b3a9f4d21",
      name: "Test Wallet",
      rdns: "test.wallet",
      icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E",
    }),
    provider,
  });
  const show = (): void => {
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  };
  window.addEventListener("eip6963:requestProvider", show);
  show();
}
