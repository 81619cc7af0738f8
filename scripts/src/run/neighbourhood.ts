import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { dayStart, type Day } from "@commonwatt/sdk/time";

import { z } from "zod";

import { Board } from "../bots/board.ts";
import { forAll } from "../bots/market.ts";
import type { Trading } from "../homes/trading.ts";
import type { Home } from "../households/rows.ts";
import { accountsFor } from "./accounts.ts";
import { Child } from "./child.ts";
import { Crew } from "./crew.ts";
import { deployContracts } from "./deploy.ts";
import { approveMarketplace, enrol, joinSharing, letAnnounce } from "./enrol.ts";
import { createRunFolder, keepRunFolder, removeRunFolder, ROOT } from "./folder.ts";
import { type Resident, settle, shares } from "./homes.ts";
import { LocalChain } from "./local-chain.ts";
import { writeOracleConfig } from "./oracle-config.ts";
import { createOracleKeys, ORACLE, provePossessions } from "./oracle-tools.ts";

const ORACLE_START_TIMEOUT_MS = 60_000;
/** The ports in the oracle's log line "ready". */
const readyPorts = z.object({ board: z.int(), mqtt: z.int() });
/** Ether of the account that pays for the oracle's transactions: enough for years of local gas prices. */
const SUBMITTER_WEI = 10n ** 24n;
/** The chain starts so long before the first day: everyone is enrolled the evening before. */
const ENROLMENT_SECONDS = 3_600;

export type NeighbourhoodSettings = {
  readonly homes: readonly Home[];
  /** How each of them trades. */
  readonly trading: readonly Trading[];
  readonly firstDay: Day;
  /** Most energy of a home per quarter-hour in either direction, Wh. */
  readonly capWh: number;
  readonly pollMilliseconds: number;
  /** Keep the run's folder afterwards. */
  readonly keep: boolean;
  /** Hears in words what is going on. */
  readonly say: (line: string) => void;
};

/** A running neighbourhood: chain with contracts, everyone enrolled, oracle with broker and offer board. */
export type Neighbourhood = {
  readonly folder: string;
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly residents: readonly Resident[];
  readonly board: Board;
  readonly boardUrl: string;
  readonly mqttUrl: string;
};

/**
 * Starts a neighbourhood, lets `work` use it, and ends it whatever happens: no process is left behind, and no file unless
 * asked for or something went wrong.
 *
 * @param work - Its signal also aborts when one of the parts is lost.
 * @throws whatever `work` throws; Error when a part does not start, or ends before its time.
 */
export async function withNeighbourhood<T>(
  settings: NeighbourhoodSettings,
  signal: AbortSignal,
  work: (neighbourhood: Neighbourhood, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = await createRunFolder();
  const crew = new Crew();
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  let failed = false;
  try {
    const all = start(settings, folder, crew, until).then((neighbourhood) => work(neighbourhood, until));
    return await crew.orLost(all);
  } catch (error) {
    failed = !signal.aborted;
    throw error;
  } finally {
    over.abort();
    await crew.stop();
    if (settings.keep || failed) {
      await keepRunFolder(folder);
      settings.say(`Kept ${folder}${failed ? ", whose logs may tell more" : ""}.`);
    } else await removeRunFolder(folder);
  }
}

async function start(
  settings: NeighbourhoodSettings,
  folder: string,
  crew: Crew,
  signal: AbortSignal,
): Promise<Neighbourhood> {
  const { say } = settings;
  const residents = settle(settings.homes, settings.trading);

  say("Starting a local chain and deploying the contracts ...");
  const startSeconds = dayStart(settings.firstDay) - ENROLMENT_SECONDS;
  const chainOptions = { startSeconds, accounts: accountsFor(residents.length), folder };
  const chain = await LocalChain.start(
    chainOptions,
    (child) => {
      crew.add(child);
    },
    signal,
  );
  signal.throwIfAborted();
  const contracts = await deployContracts(chain.rpcUrl, join(folder, "ignition"));
  const deployment: Deployment = { ...contracts, rpcUrl: chain.rpcUrl };
  const deploymentFile = join(folder, "deployment.json");
  await writeFile(deploymentFile, `${JSON.stringify(deployment, undefined, 2)}\n`);
  signal.throwIfAborted();

  say(`Enrolling ${residents.length} homes, each with a meter, a device key and a wallet ...`);
  const files = await writeOracleConfig(folder, residents, {
    rpcUrl: chain.rpcUrl,
    deploymentFile,
    fuseWatts: settings.capWh * 4,
    pollMilliseconds: settings.pollMilliseconds,
  });
  const meters = residents.map(({ meter }) => meter);
  const submitter = await createOracleKeys(files, meters);
  await chain.fund(submitter, SUBMITTER_WEI);
  await letAnnounce(chain, deployment, submitter);
  const possessions = await provePossessions(files, deploymentFile, join(folder, "enrolment.sqlite"), meters);
  signal.throwIfAborted();
  await enrol(chain, deployment, residents, possessions, settings.capWh);
  await forAll(residents, (resident) => approveMarketplace(chain, deployment, resident));
  await forAll(residents.filter(shares), (resident) => joinSharing(chain, deployment, resident));

  say("Starting the oracle with its MQTT broker and offer board ...");
  const oracle = new Child("The oracle", [ORACLE, "run", "--config", files.config], {
    logFile: join(folder, "oracle.log"),
    env: {},
    cwd: ROOT,
  });
  crew.add(oracle);
  const ready = await oracle.printed(/"event":"ready","ports":(\{[^}]*\})/u, ORACLE_START_TIMEOUT_MS, signal);
  const ports = readyPorts.parse(JSON.parse(ready));
  const boardUrl = `http://127.0.0.1:${ports.board}`;
  const mqttUrl = `mqtt://127.0.0.1:${ports.mqtt}`;
  return { folder, chain, deployment, residents, board: new Board(boardUrl), boardUrl, mqttUrl };
}
