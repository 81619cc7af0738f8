import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { type Day, day, dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import { type Address, type Hex, parseEther, parseGwei } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";

import { createOutboxStore } from "../../src/outbox/outbox-store.ts";
import { createKeySigner } from "../../src/signer/key-signer.ts";
import { openSignerMemory } from "../../src/signer/memory.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { startAnvil } from "./anvil.ts";
import { createKeySource } from "./key-source.ts";
import { createOperator, createRegistrar, deployStreet } from "./street-on-chain.ts";

const START = dayStart(dayOf(1_780_000_000));

/** A neighbourhood on Anvil, with meters of which each has signed its own days. */
export type ProfileScene = Awaited<ReturnType<typeof createProfileScene>>;

export async function createProfileScene() {
  const folder = mkdtempSync(join(tmpdir(), "chain-"));
  const anvil = await startAnvil(START, join(folder, "state.json"));
  await anvil.rpc("evm_setAutomine", true);
  const client = createOperator(anvil.url, "anvil");
  const deployment = await deployStreet(client);
  const registrar = createRegistrar(client, deployment);
  const contract = { address: deployment.neighbourhood, abi: neighbourhoodAbi } as const;
  let today: Day = dayOf(START);
  let lastMeter = 0;
  let automining = true;

  return {
    anvil,
    client,
    deployment,
    folder,
    /** An account with ether, unless told otherwise. */
    async newAccount(ether = "10"): Promise<{ privateKey: Hex; address: Address }> {
      const privateKey = generatePrivateKey();
      const address = privateKeyToAddress(privateKey);
      if (ether !== "0") await client.setBalance({ address, value: parseEther(ether) });
      return { privateKey, address };
    },
    /** A new meter and its first days, signed, into an outbox; time goes on to their end. */
    async addDays(sql: Sql, count = 1): Promise<{ meter: number; days: Day[] }> {
      const meter = ++lastMeter;
      const privateKey = generatePrivateKey();
      const device = privateKeyToAddress(privateKey);
      const keys = createKeySource([{ meter, privateKey }]);
      const signer = createKeySigner(keys, neighbourhoodDomain(deployment), openSignerMemory(":memory:"));
      await registrar.addMeter(meter, client.account.address);
      const proof = await signer.provePossession(meter, { importRegister: 0n, exportRegister: 0n });
      await registrar.addDevice(meter, { device, signature: proof.signature });
      const outbox = createOutboxStore(sql);
      const days = Array.from({ length: count }, (_, index) => day(today + 1 + index));
      for (const [index, of] of days.entries()) {
        const profile: DayProfile = {
          day: of,
          importRegister: BigInt(96 * (index + 1)),
          exportRegister: 0n,
          quality: Array<typeof MEASURED>(96).fill(MEASURED),
          imports: Array<number>(96).fill(1),
          exports: Array<number>(96).fill(0),
        };
        await outbox.add(meter, profile);
        const signature = await signer.signProfile(device, profile);
        for (const row of await outbox.toSign(1)) await outbox.markSigned(row.id, device, signature);
      }
      today = days.at(-1) ?? today;
      await anvil.mineAt(dayEnd(today));
      return { meter, days };
    },
    /** Days of a meter that the chain has recorded, in its order. */
    async recordedDays(meter: number): Promise<number[]> {
      const query = {
        ...contract,
        eventName: "ProfileRecorded",
        args: { meter },
        fromBlock: 0n,
        strict: true,
      } as const;
      return (await client.getContractEvents(query)).map(({ args }) => args.day);
    },
    /** Hashes of the transactions that wait for a block. */
    async pool(): Promise<Hex[]> {
      return (await client.getBlock({ blockTag: "pending" })).transactions;
    },
    async automine(on: boolean): Promise<void> {
      automining = on;
      await anvil.rpc("evm_setAutomine", on);
    },
    /** Anvil mines by itself a moment after it has answered. Whether it has one of these, in a block or not. */
    async calm(hashes: readonly Hex[] = []): Promise<boolean> {
      const deadline = performance.now() + 2_000;
      while (automining && (await this.pool()).length > 0 && performance.now() < deadline) await sleep(10);
      if (!automining) return false;
      const known = await Promise.all(hashes.map((hash) => anvil.rpc("eth_getTransactionByHash", hash)));
      return known.some((transaction) => transaction !== null);
    },
    baseFee: (gwei: string) => anvil.rpc("anvil_setNextBlockBaseFeePerGas", `0x${parseGwei(gwei).toString(16)}`),
    async mine(blocks = 1): Promise<void> {
      for (let count = 0; count < blocks; count++) await anvil.rpc("evm_mine");
    },
    /** Replaces the last blocks by empty ones. */
    reorg: (blocks: number) => anvil.rpc("anvil_reorg", blocks, []),
    async close(): Promise<void> {
      await anvil.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
