import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Day, dayStart } from "@commonwatt/sdk/time";

import { forAll } from "../bots/market.ts";
import { tradingOf } from "../homes/trading.ts";
import { accountsFor } from "../run/accounts.ts";
import { Crew } from "../run/crew.ts";
import { deployContracts } from "../run/deploy.ts";
import { enrol, joinSharing, letAnnounce } from "../run/enrol.ts";
import { createRunFolder, keepRunFolder, removeRunFolder } from "../run/folder.ts";
import { type Resident, settle, shares } from "../run/homes.ts";
import { LocalChain } from "../run/local-chain.ts";
import { type OracleFiles, writeOracleConfig } from "../run/oracle-config.ts";
import { createOracleKeys, provePossessions } from "../run/oracle-tools.ts";
import { portFrom } from "../run/ports.ts";
import { manyHomes } from "./homes.ts";
import type { StreetYearOptions } from "./options.ts";
import { OracleService } from "./oracle-service.ts";

/** Most energy of a home per quarter-hour in either direction, Wh: 3 x 35 A. */
const CAP_WH = 6_000;
const SUBMITTER_WEI = 10n ** 24n;
/** Everyone is enrolled the evening before the first day. */
const ENROLMENT_SECONDS = 3_600;
const POLL_MS = 25;
const FIRST_PORT = 23_000;

/** All processes and people of the year. */
export type YearScene = {
  readonly folder: string;
  readonly files: OracleFiles;
  readonly chain: LocalChain;
  /** The neighbourhood's contracts, one after the other: the last is in force. */
  readonly deployments: [Deployment, ...Deployment[]];
  readonly residents: readonly Resident[];
  readonly oracle: OracleService;
  readonly boardUrl: string;
  readonly mqttUrl: string;
};

/**
 * Opens the scene, lets `work` play in it, and ends every process whatever happens.
 *
 * @throws whatever `work` throws; Error when a part does not start or ends before its time.
 */
export async function withYearScene<T>(
  options: StreetYearOptions & { firstDay: Day; say: (line: string) => void },
  signal: AbortSignal,
  work: (scene: YearScene, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = await createRunFolder();
  const crew = new Crew();
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const opened: OracleService[] = [];
  const killAll = (): void => {
    for (const oracle of opened) oracle.killNow();
  };
  process.once("exit", killAll);
  let failed = false;
  try {
    const all = open(options, { folder, crew, opened }, until).then((scene) => scene.oracle.orLost(work(scene, until)));
    return await crew.orLost(all);
  } catch (error) {
    failed = !signal.aborted;
    throw error;
  } finally {
    over.abort();
    for (const oracle of opened) await oracle.stop();
    await crew.stop();
    process.removeListener("exit", killAll);
    if (options.keep || failed) {
      await keepRunFolder(folder);
      options.say(`Kept ${folder}${failed ? ", whose logs may tell more" : ""}.`);
    } else await removeRunFolder(folder);
  }
}

async function open(
  { meters: count, seed, firstDay, say }: StreetYearOptions & { firstDay: Day; say: (line: string) => void },
  { folder, crew, opened }: { folder: string; crew: Crew; opened: OracleService[] },
  signal: AbortSignal,
): Promise<YearScene> {
  const { homes } = manyHomes(seed, firstDay, count);
  const residents = settle(homes, tradingOf("sharing", count, true));
  say("Starting a local chain and deploying the contracts ...");
  const chain = await LocalChain.start(
    { startSeconds: dayStart(firstDay) - ENROLMENT_SECONDS, accounts: accountsFor(count), folder },
    (child) => {
      crew.add(child);
    },
    signal,
  );
  const contracts = await deployContracts(chain.rpcUrl, join(folder, "ignition"));
  const deployment: Deployment = { ...contracts, rpcUrl: chain.rpcUrl };
  const deploymentFile = join(folder, "deployment.json");
  await writeFile(deploymentFile, `${JSON.stringify(deployment, undefined, 2)}\n`);
  signal.throwIfAborted();

  say(`Enrolling ${count} homes, each with a meter, a device key and a wallet ...`);
  const settings = { rpcUrl: chain.rpcUrl, deploymentFile, fuseWatts: CAP_WH * 4, pollMilliseconds: POLL_MS };
  const files = await writeOracleConfig(folder, residents, settings);
  // An oracle that is killed comes back where its meters and its neighbours look for it.
  const mqttPort = await portFrom(FIRST_PORT);
  const boardPort = await portFrom(mqttPort + 1);
  await changeConfig(files, (config) => ({
    ...config,
    broker: { kind: "embedded", host: "127.0.0.1", port: mqttPort },
    board: { host: "127.0.0.1", port: boardPort },
  }));
  const meters = residents.map(({ meter }) => meter);
  const submitter = await createOracleKeys(files, meters);
  await chain.fund(submitter, SUBMITTER_WEI);
  await letAnnounce(chain, deployment, submitter);
  const possessions = await provePossessions(files, deploymentFile, join(folder, "enrolment.sqlite"), meters);
  signal.throwIfAborted();
  await enrol(chain, deployment, residents, possessions, CAP_WH);
  await forAll(residents.filter(shares), (resident) => joinSharing(chain, deployment, resident));

  say("Starting the oracle with its MQTT broker ...");
  const oracle = new OracleService(files.config, folder);
  opened.push(oracle);
  await oracle.start(signal);
  const boardUrl = `http://127.0.0.1:${boardPort}`;
  return {
    folder,
    files,
    chain,
    deployments: [deployment],
    residents,
    oracle,
    boardUrl,
    mqttUrl: `mqtt://127.0.0.1:${mqttPort}`,
  };
}

/** The contracts in force. */
export function deploymentOf({ deployments }: Pick<YearScene, "deployments">): Deployment {
  return deployments.at(-1) ?? deployments[0];
}

/** Changes the oracle's configuration; it holds from its next start on. */
export async function changeConfig(
  files: OracleFiles,
  change: (config: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const config = JSON.parse(await readFile(files.config, "utf8")) as Record<string, unknown>;
  await writeFile(files.config, `${JSON.stringify(change(config), undefined, 2)}\n`);
}
