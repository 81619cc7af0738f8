import { type SpawnOptions, execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Address, type Hex, parseEther } from "viem";

import { type Anvil, startAnvil } from "../support/anvil.ts";
import { freePort } from "../support/free-port.ts";
import { type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { createOperator, createRegistrar, deployStreet } from "../support/street-on-chain.ts";
import { type Disk, mountDisk } from "./disk.ts";
import type { ChaosMeter } from "./meters.ts";
import type { Options } from "./options.ts";
import { createOracleGroup, type OracleGroup } from "./oracle-group.ts";
import { createOracleService } from "./oracle-under-test.ts";
import { type RpcProxy, startRpcProxy } from "./rpc-proxy.ts";

const BINARY = fileURLToPath(new URL("../../bin/commonwatt-oracle.js", import.meta.url));
const runFile = promisify(execFile);

/** Blocks that make a recording final; the chain never loses so many. */
export const CONFIRMATIONS = 12;
/** A day waits so long for readings that are late: longer than a gateway that keeps its readings is ever away. */
const GRACE_SECONDS = 4 * 3_600;
const FUSE_WATTS = 17_250;
/** Quick to notice what is missing: a simulated day takes seconds. */
const CLUSTER = { beatMilliseconds: 100, silenceSeconds: 3, patienceSeconds: 60 };
/** Large enough for a month, small enough to fill at once. PostgreSQL's cluster alone takes about 60 MB. */
const DISK_MEGABYTES = { sqlite: 64, postgres: 320 };

/**
 * The broker keeps sessions and messages in a file, and writes it as often as it can: at the end of the round of its loop
 * that changed something. That is after it has acknowledged.
 */
const MOSQUITTO = `
allow_anonymous true
persistence true
persistence_location FOLDER/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
`;

/** All processes of a run, on loopback, and the folder they live in. */
export type Scene = {
  folder: string;
  node: Anvil;
  proxy: RpcProxy;
  oracle: OracleGroup;
  mosquitto: Mosquitto | undefined;
  postgres: Postgres | undefined;
  /** Undefined where none can be mounted. */
  disk: Disk | undefined;
  deployment: Deployment;
  mqttUrl: string;
  httpUrls: string[];
  httpKey: string;
  healthUrls: string[];
  /** Where several oracles share the database: the way of each to it. */
  databaseProxies: TcpProxy[];
};

/** What is opened, to be closed in the opposite order; `killNow` is for the last moments of a process. */
export type Opened = { close: () => Promise<unknown> | undefined; killNow?: () => void }[];

/**
 * Starts everything that the oracle needs, registers its meters and makes its configuration. The oracle itself is not
 * started yet.
 *
 * @param opened - Gets whatever must be ended, as soon as it exists.
 */
export async function openScene(
  options: Options,
  meters: readonly ChaosMeter[],
  { startSeconds, opened, onEvent }: { startSeconds: number; opened: Opened; onEvent: () => void },
): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-chaos-"));
  // PostgreSQL runs as a user of its own, who must get at its files.
  chmodSync(folder, 0o711);
  opened.push({
    close: () => {
      if (!options.keep) rmSync(folder, { recursive: true, force: true });
      return undefined;
    },
  });
  const dataDir = join(folder, "data");
  const disk = await mountDisk(dataDir, DISK_MEGABYTES[options.database]);
  if (disk !== undefined) opened.push({ close: () => disk.close() });

  const node = await startAnvil(startSeconds - 7_200, join(folder, "chain-state.json"));
  opened.push({ close: () => node.kill(), killNow: () => node.killNow() });
  await node.rpc("evm_setAutomine", true);
  const operator = createOperator(node.url, "anvil");
  const deployment = await deployStreet(operator);
  const proxy = await startRpcProxy(node.url, onEvent);
  opened.push({ close: () => proxy.close() });

  const postgres = options.database === "postgres" ? await startPostgres(dataDir) : undefined;
  if (postgres !== undefined)
    opened.push({
      close: () => postgres.close(),
      killNow: () => {
        postgres.killNow();
      },
    });
  const mosquitto = options.broker === "mosquitto" ? await startMosquitto({ settings: MOSQUITTO }) : undefined;
  if (mosquitto !== undefined) {
    opened.push({
      close: () => mosquitto.close(),
      killNow: () => {
        killNow(mosquitto.pid());
      },
    });
  }

  const mqttPort = mosquitto?.port ?? (await freePort());
  const mqttUrl = `mqtt://127.0.0.1:${mqttPort}`;
  writeFileSync(join(folder, "passphrase"), "chaos passphrase\n", { mode: 0o600 });
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(deployment));
  const databaseUrl = await postgres?.createDatabase("oracle");
  const databaseProxies: TcpProxy[] = [];
  const isShared = options.oracles > 1;
  const processes: { configFile: string; httpUrl: string; healthUrl: string }[] = [];
  for (let index = 0; index < options.oracles; index++) {
    const oracleData = join(dataDir, `oracle-${index}`);
    mkdirSync(oracleData, { recursive: true });
    if (databaseUrl !== undefined) {
      const url = new URL(databaseUrl);
      if (isShared) {
        const way = await startTcpProxy(Number(url.port));
        opened.push({ close: () => way.close() });
        databaseProxies.push(way);
        url.port = String(way.port);
      }
      writeFileSync(join(folder, `database-url-${index}`), `${url.href}\n`, { mode: 0o600 });
    }
    const [boardPort, httpPort] = [await freePort(), await freePort()];
    const configFile = join(folder, `config-${index}.json`);
    writeFileSync(
      configFile,
      JSON.stringify({
        broker: mosquitto === undefined ? { kind: "embedded", port: mqttPort } : { kind: "external", url: mqttUrl },
        ...(postgres === undefined ? {} : { database: { kind: "postgres", urlFile: `database-url-${index}` } }),
        ...(isShared ? { cluster: CLUSTER } : {}),
        http: { port: httpPort, keysFile: "http-keys", requestsPerMinute: 1_000_000 },
        dataDir: oracleData,
        keystoreDir: "keystore",
        keystoreStrength: "light",
        passphraseFile: "passphrase",
        deploymentFile: "deployment.json",
        rpcUrls: [proxy.url],
        clock: "chain",
        board: { port: boardPort },
        timing: { pollMilliseconds: 50, graceSeconds: GRACE_SECONDS, confirmations: CONFIRMATIONS },
        submission: { retrySeconds: 1, maxAttempts: 1_000, receiptTimeoutSeconds: 4 },
        meters: meters.map(({ meter, node: name, unitExponent, counters }) => ({
          meter,
          node: name,
          fuseWatts: FUSE_WATTS,
          unitWh: 10 ** unitExponent,
          inputs: counters.map(({ input, meaning }) => ({ input, meaning })),
        })),
      }),
    );
    processes.push({
      configFile,
      httpUrl: `http://127.0.0.1:${httpPort}`,
      healthUrl: `http://127.0.0.1:${boardPort}/api/health`,
    });
  }
  const httpKey = await enrol(join(folder, "config-0.json"), meters, operator, deployment);
  await node.rpc("evm_setAutomine", false);
  const oracle = createOracleGroup(
    processes.map(({ configFile }, index) =>
      createOracleService(configFile, join(folder, isShared ? `oracle-${index}.log` : "oracle.log"), onEvent),
    ),
  );
  opened.push({
    close: () => oracle.stop(),
    killNow: () => {
      oracle.killNow();
    },
  });
  const [httpUrls, healthUrls] = [processes.map(({ httpUrl }) => httpUrl), processes.map(({ healthUrl }) => healthUrl)];
  const around = { node, proxy, oracle, mosquitto, postgres, disk, databaseProxies };
  return { folder, ...around, deployment, mqttUrl, httpUrls, httpKey, healthUrls };
}

/** Makes the keys, and registers meters and devices. Returns a key for the HTTP input. */
async function enrol(
  configFile: string,
  meters: readonly ChaosMeter[],
  operator: ReturnType<typeof createOperator>,
  deployment: Deployment,
): Promise<string> {
  async function verb<T>(...args: string[]): Promise<T> {
    const options: SpawnOptions & { encoding: "utf8" } = { encoding: "utf8" };
    const { stdout } = await runFile(process.execPath, [BINARY, ...args, "--config", configFile], options);
    return JSON.parse(stdout) as T;
  }
  const numbers = meters.map(({ meter }) => meter).join(",");
  const keys = await verb<{ submitter: Address }>("keys", "create", "--meters", numbers, "--submitter");
  await operator.setBalance({ address: keys.submitter, value: parseEther("1000") });
  const proofs = await verb<{ meter: number; device: Address; signature: Hex }[]>(
    ...["possession", "--meters", numbers, "--import-register", "0", "--export-register", "0"],
  );
  const registrar = createRegistrar(operator, deployment);
  for (const proof of proofs) {
    const { unitExponent = 0 } = meters.find(({ meter }) => meter === proof.meter) ?? {};
    await registrar.addMeter(proof.meter, operator.account.address, unitExponent);
    await registrar.addDevice(proof.meter, proof);
  }
  return (await verb<{ key: string }>("keys", "http")).key;
}

function killNow(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
