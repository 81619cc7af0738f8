import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Day, day, dayEnd, dayOf, dayStart } from "@commonwatt/sdk/time";
import { connectAsync } from "mqtt";
import { parseEther } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";

import { createKey } from "../src/keystore/keystore.ts";
import type { SignerStatus } from "../src/signature/watch-signer.ts";
import { freePort } from "./support/free-port.ts";
import { type LocalChain, startLocalChain } from "./support/local-chain.ts";
import { createOracleFolder } from "./support/oracle-process.ts";
import { startSignerProcess, writeSignerCertificates } from "./support/signer-process.ts";
import { createSoftHsm, missingSoftHsm } from "./support/softhsm.ts";

const FIRST = dayOf(1_780_000_000);

let chain: LocalChain;
let today: Day = FIRST;

beforeAll(async () => {
  chain = await startLocalChain(dayStart(FIRST));
}, 120_000);
afterAll(() => chain.close());

type Running = Awaited<ReturnType<ReturnType<typeof createOracleFolder>["start"]>>;
type Proof = { device: `0x${string}`; signature: `0x${string}` };

/** An oracle of one meter, whose device is signed for as `signer` says. */
async function createOracle(meter: number, signer: object) {
  const oracle = createOracleFolder(
    {
      rpcUrls: [chain.rpcUrl],
      clock: "chain",
      timing: { pollMilliseconds: 50, graceSeconds: 0 },
      signer,
      meters: [{ meter, node: "home", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] }],
    },
    chain.deployment,
  );
  const { submitter } = await oracle.verb<{ submitter: `0x${string}` }>("keys", "create", "--submitter");
  await chain.client.setBalance({ address: submitter, value: parseEther("10") });
  await chain.addMeter(meter, chain.account(meter).address);
  const register = async () => {
    const registers = ["--import-register", "0", "--export-register", "0"];
    await chain.addDevice(meter, await oracle.verb<Proof>("possession", "--meter", String(meter), ...registers));
  };
  return { oracle, register };
}

/** Sends a day of messages and ends it. */
async function passDay(running: Running): Promise<Day> {
  const of = today;
  today = day(today + 1);
  await chain.mineAt(dayEnd(of) + 1);
  const client = await connectAsync(`mqtt://127.0.0.1:${running.ports.mqtt}`);
  for (let quarter = 0; quarter <= 96; quarter++) {
    const body = { time: dayStart(of) + quarter * 900, E1: (of - FIRST) * 9_600 + quarter * 100 };
    await client.publishAsync("emon/home", JSON.stringify(body), { qos: 1 });
  }
  await client.endAsync();
  return of;
}

async function signerStatus({ ports }: Running): Promise<SignerStatus> {
  const health = (await (await fetch(`http://127.0.0.1:${ports.board}/api/health`)).json()) as { signer: SignerStatus };
  return health.signer;
}

test("while the signer on another machine is away, days wait, the log says so once, and the health shows it", async () => {
  const port = await freePort();
  const place = mkdtempSync(join(tmpdir(), "signer-kinds-"));
  const certificates = await writeSignerCertificates(place);
  const { client, caFile } = certificates;
  const { oracle, register } = await createOracle(1, { kind: "remote", host: "127.0.0.1", port, caFile, ...client });
  const folder = oracle.folder;
  await createKey(join(folder, "far"), { meter: 1 }, "test passphrase", "light", { curve: "P-256" });
  const configFile = join(folder, "signer.json");
  const keys = { kind: "keystore", keystoreDir: "far", passphraseFile: "passphrase" };
  const files = { clientCaFile: caFile, deploymentFile: "deployment.json", memoryFile: "signer.sqlite" };
  writeFileSync(configFile, JSON.stringify({ listen: { port }, ...certificates.server, keys, ...files }));
  let signer = await startSignerProcess(configFile);
  try {
    await register();
    await signer.end("SIGTERM");

    const running = await oracle.start();
    await passDay(running);
    await running.logged("signer-away");
    expect(await signerStatus(running)).toMatchObject({ kind: "remote", state: "away" });

    signer = await startSignerProcess(configFile);
    await running.logged("recorded", ({ meter }) => meter === 1);
    await signer.end("SIGKILL");
    await passDay(running);
    const away = () => running.lines.filter(({ event }) => event === "signer-away");
    await expect.poll(() => away().length, { timeout: 120_000 }).toBe(2);
    signer = await startSignerProcess(configFile);
    const recorded = () => running.lines.filter(({ event }) => event === "recorded").length;
    await expect.poll(recorded, { timeout: 120_000 }).toBe(2);
    expect(await signerStatus(running)).toMatchObject({ state: "answers", reason: null });
    expect(away()).toHaveLength(2);
    expect(running.lines.filter(({ event }) => event === "signer-back").length).toBeGreaterThan(0);
    expect(await running.end("SIGTERM")).toBe(0);
  } finally {
    await signer.end("SIGKILL");
    oracle.killAll();
    oracle.remove();
    rmSync(place, { recursive: true });
  }
});

test.skipIf(missingSoftHsm !== undefined)(
  "a meter whose key is in a secure element is recorded, and the PIN is in no log (skipped without SoftHSM2)",
  async () => {
    const hsm = createSoftHsm("27182818");
    const before = process.env["SOFTHSM2_CONF"];
    process.env["SOFTHSM2_CONF"] = hsm.environment.SOFTHSM2_CONF;
    hsm.makeKey("meter-2");
    const { library, token, pinFile, pin } = hsm;
    const { oracle, register } = await createOracle(2, { kind: "pkcs11", library, token, pinFile });
    try {
      await register();
      const running = await oracle.start();
      await passDay(running);
      await running.logged("recorded", ({ meter }) => meter === 2);
      expect(JSON.stringify(running.lines)).not.toContain(pin);
      const facts = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [2] });
      expect(facts.keyType).toBe(1);
      expect(await running.end("SIGTERM")).toBe(0);
    } finally {
      if (before === undefined) delete process.env["SOFTHSM2_CONF"];
      else process.env["SOFTHSM2_CONF"] = before;
      oracle.killAll();
      oracle.remove();
      hsm.remove();
    }
  },
);
