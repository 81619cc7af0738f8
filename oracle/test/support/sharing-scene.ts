import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";

import { demoEuroAbi } from "@commonwatt/sdk/generated/abis";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { dayProfileTypedData, type SignedProfile, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, dayEnd, dayStart } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";
import { type Hex, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";

import { openKey } from "../../src/keystore/keystore.ts";
import type { SettlementStatus } from "../../src/settlement/status.ts";
import { startLocalChain } from "./local-chain.ts";
import { createOracleFolder } from "./oracle-process.ts";

/** Seconds after a day's end at which a silent meter is no longer waited for. */
export const DEADLINE_SECONDS = 1_800;
const METERS = [1, 2, 3] as const;
/** Wh a quarter-hour: the first home exports, the others import. */
const QUARTER_WH: Readonly<Record<number, number>> = { 1: -100, 2: 60, 3: 20 };
const FUNDS_BASE_UNITS = 100_000_000n;
const PATIENCE_MS = 180_000;

export const COMMUNITY = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
export const BY_HAND = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };

type Running = Awaited<ReturnType<ReturnType<typeof createOracleFolder>["start"]>>;
type Proof = { device: Hex; signature: Hex };

/** A street of three homes on a real chain, with an oracle that settles it, from the first moment of a day on. */
export type SharingScene = Awaited<ReturnType<typeof createSharingScene>>;

/**
 * @param confirmations - Blocks that must hold a transaction before it counts.
 * @param curve - What the devices sign with.
 */
export async function createSharingScene(firstDay: Day, confirmations = 1, curve = "secp256k1") {
  const chain = await startLocalChain(dayStart(firstDay));
  const oracle = createOracleFolder(
    {
      rpcUrls: [chain.rpcUrl],
      clock: "chain",
      timing: { pollMilliseconds: 50, graceSeconds: 60, confirmations },
      submission: { retrySeconds: 1 },
      settlement: { deadlineSeconds: DEADLINE_SECONDS },
      meters: METERS.map((meter) => ({
        meter,
        node: `home-${meter}`,
        fuseWatts: 17_250,
        inputs: [{ input: "E1", meaning: "netWh" }],
      })),
    },
    chain.deployment,
  );
  const keys = ["--meters", METERS.join(), "--submitter", "--curve", curve];
  const { submitter } = await oracle.verb<{ submitter: Hex }>("keys", "create", ...keys);
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.letAnnounce(submitter);
  const proofs = await oracle.verb<Proof[]>(
    "possession",
    ...["--meters", METERS.join(), "--import-register", "0", "--export-register", "0"],
  );
  for (const [index, meter] of METERS.entries()) {
    const owner = chain.account(meter).address;
    await chain.addMeter(meter, owner);
    const proof = proofs[index];
    if (proof === undefined) throw new Error(`no proof of meter ${meter}`);
    await chain.addDevice(meter, proof);
    await fund(meter);
  }
  /** Last quarter-hour of each meter that was published, counted from the first day. */
  const published = new Map<number, number>();

  /** Gives a meter prepaid money. */
  async function fund(meter: number): Promise<void> {
    const account = chain.account(meter);
    const { currency, neighbourhood } = chain.deployment;
    const money = { address: currency, abi: demoEuroAbi, account } as const;
    const own = { ...chain.contract, account } as const;
    await chain.client.writeContract({ ...money, functionName: "mint", args: [account.address, FUNDS_BASE_UNITS] });
    await chain.client.writeContract({ ...money, functionName: "approve", args: [neighbourhood, FUNDS_BASE_UNITS] });
    await chain.client.writeContract({ ...own, functionName: "deposit", args: [account.address, FUNDS_BASE_UNITS] });
    await chain.client.writeContract({ ...own, functionName: "fundMeter", args: [meter, FUNDS_BASE_UNITS] });
  }

  const counterAt = (meter: number, quarter: number) => 1_000_000 + (QUARTER_WH[meter] ?? 0) * quarter;
  const now = async () => Number((await chain.client.getBlock()).timestamp);

  async function status(running: Running): Promise<SettlementStatus | null> {
    const response = await fetch(`http://127.0.0.1:${running.ports.board}/api/health`);
    return ((await response.json()) as { settlement: SettlementStatus | null }).settlement;
  }

  return {
    chain,
    oracle,
    submitter,
    now,
    status,
    /** Queues settings for a meter, by its owner, from tomorrow on. */
    async set(meter: number, settings: typeof COMMUNITY): Promise<void> {
      const account = chain.account(meter);
      await chain.client.writeContract({
        ...chain.contract,
        account,
        functionName: "setSettings",
        args: [meter, settings],
      });
    },
    /** Publishes the counters of these meters up to the end of a day, from where each left off. */
    async publish(running: Running, day: Day, meters: readonly number[]): Promise<void> {
      const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
      const last = (day - firstDay + 1) * 96;
      for (const meter of meters) {
        for (let quarter = (published.get(meter) ?? -1) + 1; quarter <= last; quarter++) {
          const body = { time: dayStart(firstDay) + quarter * 900, E1: counterAt(meter, quarter) };
          await client.publishAsync(`emon/home-${meter}`, JSON.stringify(body), { qos: 1 });
        }
        published.set(meter, last);
      }
      await client.endAsync();
    },
    /** Moves the chain's clock just past the end of a day. */
    endDay: (day: Day) => chain.mineAt(dayEnd(day) + 1),
    /** Waits until the oracle has seen the clock as it is and says that it waits, `matches` permitting. */
    async settled(
      running: Running,
      matches: (status: SettlementStatus) => boolean = () => true,
    ): Promise<SettlementStatus> {
      const deadline = Date.now() + PATIENCE_MS;
      let last: SettlementStatus | null = null;
      while (Date.now() < deadline) {
        last = await status(running);
        const fresh = last !== null && last.asOf >= (await now()) && last.waitingFor !== "confirmation";
        if (last !== null && fresh && matches(last)) return last;
        await pause(20);
      }
      const said = running.lines.slice(-5).map(({ msg }) => msg);
      throw new Error(`the oracle does not get there: ${JSON.stringify(last)}, it says: ${said.join(" | ")}`);
    },
    /** Waits until all homes' days are closed and one that trades by hand is on chain: nothing else is to be sent. */
    async recorded(running: Running): Promise<void> {
      const deadline = Date.now() + PATIENCE_MS;
      while (Date.now() < deadline) {
        const count = (wanted: string) => running.lines.filter(({ event }) => event === wanted).length;
        if (count("closed") >= METERS.length && count("recorded") >= 1) return;
        await pause(20);
      }
      throw new Error("the profiles do not get to the chain");
    },
    /** Signs a meter's day with its device's key, as the member's own gateway would. */
    async sign(meter: number, day: Day): Promise<SignedProfile> {
      const { privateKey } = await openKey(join(oracle.folder, "keystore"), { meter }, "test passphrase");
      const quarterWh = QUARTER_WH[meter] ?? 0;
      const registers = { importWh: Math.max(quarterWh, 0), exportWh: Math.max(-quarterWh, 0) };
      const quarters = (day - firstDay + 1) * 96;
      const profile: DayProfile = {
        day,
        importRegister: BigInt(registers.importWh * quarters),
        exportRegister: BigInt(registers.exportWh * quarters),
        quality: Array<typeof MEASURED>(96).fill(MEASURED),
        imports: Array<number>(96).fill(registers.importWh),
        exports: Array<number>(96).fill(registers.exportWh),
      };
      const typedData = dayProfileTypedData(neighbourhoodDomain(chain.deployment), profile);
      return toSignedProfile(profile, await privateKeyToAccount(privateKey).signTypedData(typedData));
    },
    deviceState: async (meter: number) => {
      const { device } = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [meter] });
      return chain.client.readContract({ ...chain.contract, functionName: "deviceState", args: [device] });
    },
    async close() {
      oracle.killAll();
      await chain.close();
      oracle.remove();
    },
  };
}
