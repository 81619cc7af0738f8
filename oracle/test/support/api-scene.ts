import { dayOf, dayStart } from "@commonwatt/sdk/time";
import { pino } from "pino";
import { type Address, parseEther, parseGwei } from "viem";
import { generatePrivateKey, type LocalAccount, privateKeyToAccount } from "viem/accounts";
import { createSiweMessage } from "viem/siwe";

import { startApi } from "../../src/api/start-api.ts";
import { startBoard } from "../../src/board/server.ts";
import { createOfferStore } from "../../src/board/offer-store.ts";
import { createReader } from "../../src/chain/reader.ts";
import { parseConfig } from "../../src/config/load.ts";
import { createMqttHandler } from "../../src/intake/mqtt-handler.ts";
import { createPipeline } from "../../src/pipeline.ts";
import { createRefusalLog } from "../../src/refusals.ts";
import { createRelayObserver, RELAY_KIND } from "../../src/relay/observer.ts";
import { createRelayer } from "../../src/relay/relayer.ts";
import type { SettlementStatus } from "../../src/settlement/status.ts";
import { createNodeTable } from "../../src/sources/decode/node-table.ts";
import type { Database } from "../../src/storage/sql.ts";
import { openSqlite } from "../../src/storage/sqlite.ts";
import { testEndpoints } from "./endpoints.ts";
import { type LocalChain, startLocalChain } from "./local-chain.ts";
import { startProxy } from "./proxy.ts";
import { createTestSender } from "./submitter.ts";

export const API_START = dayStart(dayOf(1_780_000_000));
export const DOMAIN = "app.example.org";
export const URI = "https://app.example.org";

/** The nonce's terms, as the API answers them. */
type Terms = { nonce: string; domain: string; uri: string; chainId: number; statement: string; version: "1" };
type SiweFields = Parameters<typeof createSiweMessage>[0];
type Signer = Pick<LocalAccount, "address" | "signMessage">;

/** A street whose homes 1 to 3 belong to accounts 1 to 3. */
export async function startApiChain(): Promise<LocalChain> {
  const chain = await startLocalChain(API_START);
  for (const meter of [1, 2, 3]) await chain.addMeter(meter, chain.account(meter).address);
  return chain;
}

/** Changes to the config, numbers of more meters, and a database that is there already. */
export type SceneOptions = { api?: object; relay?: object; meters?: readonly number[]; database?: Database };

export type ApiScene = Awaited<ReturnType<typeof createApiScene>>;

/** The private API and the relay over a real chain, a real database and real HTTP; only the machine's clock is the test's. */
export async function createApiScene(
  chain: LocalChain,
  { api = {}, relay = {}, meters = [], database: opened }: SceneOptions = {},
) {
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const config = parseConfig(
    {
      broker: { kind: "embedded" },
      dataDir: "data",
      keystoreDir: "keystore",
      passphraseFile: "passphrase",
      deploymentFile: "deployment.json",
      rpcUrls: [chain.rpcUrl],
      meters: [
        {
          meter: 1,
          node: "home-1",
          fuseWatts: 17_250,
          inputs: [
            { input: "I", meaning: "importWh" },
            { input: "X", meaning: "exportWh" },
            { input: "P", meaning: "checkPowerW" },
            { input: "H", meaning: "useWh", use: "heating" },
          ],
        },
        { meter: 2, node: "home-2", fuseWatts: 17_250, inputs: [{ input: "E1", meaning: "netWh" }] },
        { meter: 3, node: "home-3", fuseWatts: 17_250, inputs: [{ input: "P1", meaning: "netPowerW" }] },
        ...meters.map((meter) => ({
          meter,
          node: `home-${meter}`,
          fuseWatts: 17_250,
          inputs: [{ input: "E1", meaning: "netWh" }],
        })),
      ],
      api: {
        domain: DOMAIN,
        uri: URI,
        streamSeconds: 1,
        requestsPerMinute: 100_000,
        signInsPerMinute: 100_000,
        ...api,
      },
      relay: { enabled: true, quietSeconds: 0, ...relay },
    },
    "/srv",
  );
  const database = opened ?? (await openSqlite(":memory:"));
  const proxy = await startProxy(chain.rpcUrl);
  const endpoints = testEndpoints(proxy.url, { log });
  let clockMs = API_START * 1000;
  let machineMs = 1_780_000_000_000;
  const clock = { nowMs: () => clockMs, refresh: () => Promise.resolve() };
  const refusals = createRefusalLog(log);
  const pipeline = await createPipeline({ config, database, clock, refusals, log });
  const handle = createMqttHandler(pipeline.intake, { ...config, nodes: createNodeTable(config.nodes) });
  const privateKey = generatePrivateKey();
  const submitterAddress = privateKeyToAccount(privateKey).address;
  await chain.client.setBalance({ address: submitterAddress, value: parseEther("10") });
  const stopping = new AbortController();
  const errors: unknown[] = [];
  const started = await startApi(config, {
    ...{ deployment: chain.deployment, endpoints, database, clock, pipeline, log },
    account: submitterAddress,
    onQueued: () => undefined,
    loop: {
      signal: stopping.signal,
      onError: () => (error) => {
        errors.push(error);
      },
    },
    machineMs: () => machineMs,
  });
  if (started === undefined) throw new Error("the config has no api");
  const reader = createReader(endpoints);
  const board = await startBoard({
    ...config.board,
    port: 0,
    allowedOrigins: [URI],
    offers: createOfferStore(database),
    deployment: chain.deployment,
    reader,
    nowSeconds: () => Math.floor(clockMs / 1000),
    health: () => Promise.resolve({}),
    api: started.server,
    log,
  });
  const url = `http://127.0.0.1:${board.port}`;
  const sender = createTestSender({
    endpoints,
    database,
    deployment: chain.deployment,
    privateKey,
    nowMs: () => machineMs,
    log,
    observers: { [RELAY_KIND]: createRelayObserver(log) },
  });
  let settlement: SettlementStatus | undefined;
  const relayer = createRelayer({
    ...{ reader, database, log },
    config: config.relay,
    settlementEnabled: true,
    settlement: () => settlement ?? IDLE,
    submitter: sender.submitter,
    account: submitterAddress,
    maxFeeWei: parseGwei("200"),
    nowMs: () => machineMs,
  });

  async function call(path: string, init: RequestInit & { token?: string; json?: unknown } = {}) {
    const { token, json, headers, ...rest } = init;
    const response = await fetch(`${url}${path}`, {
      ...rest,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...(headers as Record<string, string> | undefined),
      },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? null : JSON.parse(text)) as never,
    };
  }

  async function terms(wallet: Address): Promise<Terms> {
    const { status, body } = await call("/api/session/nonce", { method: "POST", json: { wallet } });
    if (status !== 200) throw new Error(`no nonce: ${JSON.stringify(body)}`);
    return body;
  }

  /** The message that a wallet would show, and its signature. */
  async function signedMessage(signer: Signer, changes: Partial<SiweFields> = {}) {
    const { nonce, domain, uri, chainId, statement } = await terms(signer.address);
    const fields = { nonce, domain, uri, chainId, statement, version: "1", address: signer.address } as const;
    const message = createSiweMessage({ ...fields, issuedAt: new Date(machineMs), ...changes });
    return { message, signature: await signer.signMessage({ message }) };
  }

  return {
    url,
    port: board.port,
    database,
    pipeline,
    sender,
    relayer,
    config,
    lines,
    errors,
    submitterAddress,
    report: () => started.report(),
    call,
    terms,
    signedMessage,
    postSignIn: (signed: object) => call("/api/session", { method: "POST", json: signed }),
    async signIn(signer: Signer, changes: Partial<SiweFields> = {}): Promise<string> {
      const signed = await signedMessage(signer, changes);
      const { status, body } = await call("/api/session", { method: "POST", json: signed });
      if (status !== 201) throw new Error(`not signed in: ${status} ${JSON.stringify(body)}`);
      return (body as { token: string }).token;
    },
    /** A meter's message, measured so many seconds after the start; the oracle's clock goes there. */
    async send(node: string, seconds: number, values: object): Promise<void> {
      clockMs = Math.max(clockMs, (API_START + seconds) * 1000);
      const body = JSON.stringify({ time: API_START + seconds, ...values });
      await handle({ topic: `emon/${node}`, payload: Buffer.from(body), retained: false });
      await pipeline.catchUp();
    },
    setTime(seconds: number): void {
      clockMs = (API_START + seconds) * 1000;
    },
    /** Lets the machine's clock go on. */
    wait(seconds: number): void {
      machineMs += seconds * 1000;
    },
    machineMs: () => machineMs,
    /** Cuts the way to the chain, or mends it. */
    breakChain(broken: boolean): void {
      proxy.refuse(broken);
    },
    setSettlement(status: SettlementStatus | undefined): void {
      settlement = status;
    },
    /** Rounds of the loop that sends, until nothing is left to do. */
    async sendRounds(most = 10): Promise<void> {
      for (let count = 0; count < most; count++) {
        const moved = await sender.submitter.look();
        if (!(await relayer.round()) && !moved) return;
      }
    },
    async close(): Promise<void> {
      stopping.abort();
      started.close();
      await board.close();
      await Promise.all(started.loops.map(({ done }) => done));
      await pipeline.intake.settled();
      endpoints.close();
      await proxy.close();
      await database.close();
    },
  };
}

/** Nobody shares, so that there is nothing to settle. */
export const IDLE: SettlementStatus = {
  asOf: API_START,
  nextDay: dayOf(API_START),
  windowDay: null,
  windowOpensAt: API_START,
  settleFrom: null,
  closesAt: null,
  lastSettledDay: null,
  waitingFor: "nothing",
  wakeAt: null,
  awaited: [],
  sharingMeters: 0,
  paused: false,
};
