import { join } from "node:path";

import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  type Account,
  type Chain,
  type PublicClient,
  type TestClient,
  type Transport,
  type WalletClient,
} from "viem";

import { Child } from "./child.ts";
import { ROOT } from "./folder.ts";

/** Chain id of local Hardhat and Anvil chains. */
export const LOCAL_CHAIN_ID = 31_337;

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

export type ChainClient = PublicClient<Transport, Chain>;
export type Wallet = WalletClient<Transport, Chain, Account>;

/** A local chain in a process of its own, whose block timestamps are the one clock of a simulation. */
export class LocalChain {
  readonly rpcUrl: string;
  readonly client: ChainClient;
  readonly #chain: Chain;
  readonly #test: TestClient<"hardhat", Transport, Chain>;

  private constructor(rpcUrl: string) {
    this.rpcUrl = rpcUrl;
    this.#chain = defineChain({
      id: LOCAL_CHAIN_ID,
      name: "Commonwatt local",
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    });
    const transport = http(rpcUrl, { timeout: 60_000 });
    this.client = createPublicClient({ chain: this.#chain, transport, pollingInterval: POLL_MS, cacheTime: 0 });
    this.#test = createTestClient({ chain: this.#chain, transport, mode: "hardhat" });
  }

  /**
   * Starts a chain whose first block carries `startSeconds`.
   *
   * @param options.port - Left out: the system chooses one.
   * @param options.accounts - Accounts of the development mnemonic that get ether.
   * @param track - Is told of the process as soon as there is one.
   */
  static async start(
    options: { startSeconds: number; accounts: number; folder: string; port?: number },
    track: (child: Child) => void,
    signal: AbortSignal,
  ): Promise<LocalChain> {
    const { startSeconds, accounts, folder, port = 0 } = options;
    const args = [startSeconds, accounts, port].map(String);
    const child = new Child("The local chain", [join(import.meta.dirname, "chain-process.ts"), ...args], {
      logFile: join(folder, "chain.log"),
      env: { HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
      cwd: ROOT,
    });
    track(child);
    return new LocalChain(await child.printed(/listens at (http:\S+)\.\n/u, START_TIMEOUT_MS, signal));
  }

  /** A wallet that sends from a local account. */
  wallet(account: Account): Wallet {
    return createWalletClient({
      account,
      chain: this.#chain,
      transport: http(this.rpcUrl, { timeout: 60_000 }),
      pollingInterval: POLL_MS,
    });
  }

  /** Unix seconds of the latest block: the simulation's time. */
  async now(): Promise<number> {
    return Number((await this.client.getBlock()).timestamp);
  }

  /** Mines a block at `seconds`, or right after the latest one if that is later already. */
  async advanceTo(seconds: number): Promise<void> {
    const next = Math.max(seconds, (await this.now()) + 1);
    await this.#test.setNextBlockTimestamp({ timestamp: BigInt(next) });
    await this.#test.mine({ blocks: 1 });
  }

  /** Gives an account ether. */
  async fund(address: `0x${string}`, wei: bigint): Promise<void> {
    await this.#test.setBalance({ address, value: wei });
  }
}
