import { custom } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { createConfig, createStorage, type Storage } from "wagmi";
import { connect, disconnect, getConnection, getWalletClient, reconnect } from "wagmi/actions";

import type { Deployment } from "@commonwatt/sdk/deployment";

import { SELLER } from "../testing/chunk.ts";
import { demoConnector, isDemoConnector, LOCAL_CHAIN_ID } from "./demo-connector.ts";
import { chainOf, createWagmiConfig } from "./wagmi-config.ts";

const privateKey = generatePrivateKey();
const home = { name: "Home 3", role: "prosumer", address: privateKeyToAccount(privateKey).address, privateKey };
const otherKey = generatePrivateKey();
const other = {
  name: "Home 4",
  role: "consumer",
  address: privateKeyToAccount(otherKey).address,
  privateKey: otherKey,
};

const deployment: Deployment = {
  name: "Street",
  chainId: LOCAL_CHAIN_ID,
  deploymentBlock: 0,
  neighbourhood: SELLER,
  token: SELLER,
  marketplace: SELLER,
  currency: SELLER,
  deviceRegistry: SELLER,
  accessManager: SELLER,
  demo: { accounts: [home, other] },
};
const silent = custom({ request: () => Promise.reject(new Error("no chain in this test")) });

function memory(): Storage {
  const kept = new Map<string, string>();
  return createStorage({
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
  });
}

function configWith(storage: Storage, chainId = LOCAL_CHAIN_ID) {
  const chain = chainOf({ ...deployment, chainId }, "http://127.0.0.1:1");
  return createConfig({
    chains: [chain],
    transports: { [chain.id]: silent },
    connectors: [demoConnector(home, silent), demoConnector(other, silent)],
    storage,
  });
}

describe("the demo wallet", () => {
  it("signs with the home's key and asks nobody", async () => {
    const config = configWith(memory());
    const [connector] = config.connectors;
    await connect(config, { connector });
    expect(getConnection(config).address).toBe(home.address);
    const wallet = await getWalletClient(config);
    expect(wallet.account.address).toBe(home.address);
    expect(await wallet.signMessage({ message: "hello" })).toMatch(/^0x[0-9a-f]{130}$/u);
  });

  it("is still the same home after a reload, and nobody after it was put away", async () => {
    const storage = memory();
    const before = configWith(storage);
    const [, second] = before.connectors;
    await connect(before, { connector: second });

    const after = configWith(storage);
    await reconnect(after);
    expect(getConnection(after).address).toBe(other.address);
    expect(after.state.connections.size).toBe(1);

    await disconnect(after);
    const later = configWith(storage);
    await reconnect(later);
    expect(getConnection(later).address).toBeUndefined();
  });

  it("exists on the local chain only", () => {
    expect(() => configWith(memory(), 1)).toThrow("chain 31337 only, not on chain 1");
  });

  it("is in the list of wallets only where the build and the chain allow it", () => {
    const demos = (config: ReturnType<typeof createWagmiConfig>) =>
      config.connectors.filter(({ id }) => isDemoConnector(id)).map(({ name }) => name);
    expect(demos(createWagmiConfig(deployment, "http://127.0.0.1:1", true))).toEqual(["Home 3", "Home 4"]);
    expect(demos(createWagmiConfig(deployment, "http://127.0.0.1:1", false))).toEqual([]);
    expect(demos(createWagmiConfig({ ...deployment, chainId: 1 }, "http://127.0.0.1:1", true))).toEqual([]);
  });
});
