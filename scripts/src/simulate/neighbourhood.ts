import { readFileSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Day } from "@commonwatt/sdk/time";
import { z } from "zod";

import { readStats } from "../../../oracle/bench/process-stats.ts";
import { generateStreet } from "../homes/street.ts";
import { MeterDriver } from "../meters/driver.ts";
import { MeterPublisher } from "../meters/publisher.ts";
import { Child } from "../run/child.ts";
import type { Crew } from "../run/crew.ts";
import { deployContracts } from "../run/deploy.ts";
import { letAnnounce } from "../run/enrol.ts";
import { ROOT } from "../run/folder.ts";
import { type Resident, settle } from "../run/homes.ts";
import type { LocalChain } from "../run/local-chain.ts";
import { BASE_TOPIC, writeOracleConfig } from "../run/oracle-config.ts";
import { createOracleKeys, ORACLE, provePossessions } from "../run/oracle-tools.ts";
import { enrolMany, type EnrolmentGas } from "./enrol-many.ts";
import { type ChainFigures, readTransactions } from "./on-chain.ts";

/** Homes that differ in a generated street. */
const HOMES_PER_STREET = 12;
const CAP_WH = 4_500;
const POLL_MILLISECONDS = 200;
const START_TIMEOUT_MS = 300_000;
const SUBMITTER_WEI = 10n ** 24n;
const readyPorts = z.object({ board: z.int(), mqtt: z.int() });

/** What one neighbourhood took, from the start of its oracle to its end. */
export type NeighbourhoodFigures = {
  meters: number;
  messages: number;
  /** Seconds from a day's first message to the acknowledgement of its last, all days together. */
  publishSeconds: number;
  enrolment: EnrolmentGas;
  chain: ChainFigures;
  cpuSeconds: number;
  peakMb: number;
  signerPeakMb: number;
  databaseBytes: number;
};

/** One neighbourhood of the simulation: enrolled, and its oracle running. */
export type SimulatedNeighbourhood = {
  readonly boardUrl: string;
  /** Sends the messages of the evening before the first day. */
  publishFirst(firstDay: Day): Promise<void>;
  publishDay(day: Day): Promise<void>;
  /** Ends the oracle. */
  finish(lastBlock: bigint): Promise<NeighbourhoodFigures>;
};

export type StartParts = {
  readonly index: number;
  readonly meters: number;
  readonly days: number;
  readonly firstDay: Day;
  readonly chain: LocalChain;
  readonly folder: string;
  readonly crew: Crew;
  readonly signal: AbortSignal;
};

export async function startNeighbourhood(parts: StartParts): Promise<SimulatedNeighbourhood> {
  const { index, meters, days, firstDay, chain, crew, signal } = parts;
  const folder = join(parts.folder, `neighbourhood-${index + 1}`);
  await mkdir(folder, { recursive: true });
  const residents = makeResidents(index, meters, firstDay, days);
  const contracts = await deployContracts(chain.rpcUrl, join(folder, "ignition"));
  const deployment: Deployment = { ...contracts, rpcUrl: chain.rpcUrl };
  const deploymentFile = join(folder, "deployment.json");
  await writeFile(deploymentFile, JSON.stringify(deployment));
  const files = await writeOracleConfig(folder, residents, {
    rpcUrl: chain.rpcUrl,
    deploymentFile,
    fuseWatts: CAP_WH * 4,
    pollMilliseconds: POLL_MILLISECONDS,
  });
  const numbers = residents.map(({ meter }) => meter);
  const submitter = await createOracleKeys(files, numbers);
  await chain.fund(submitter, SUBMITTER_WEI);
  await letAnnounce(chain, deployment, submitter);
  const possessions = await provePossessions(files, deploymentFile, join(folder, "enrolment.sqlite"), numbers);
  const enrolment = await enrolMany(chain, deployment, residents, possessions, CAP_WH);
  signal.throwIfAborted();

  const oracle = new Child(`The oracle of neighbourhood ${index + 1}`, [ORACLE, "run", "--config", files.config], {
    logFile: join(folder, "oracle.log"),
    env: {},
    cwd: ROOT,
  });
  crew.add(oracle);
  const ready = await oracle.printed(/"event":"ready","ports":(\{[^}]*\})/u, START_TIMEOUT_MS, signal);
  const ports = readyPorts.parse(JSON.parse(ready));
  const publisher = await MeterPublisher.connect(`mqtt://127.0.0.1:${ports.mqtt}`, BASE_TOPIC);
  const drivers = residents.map((resident) => new MeterDriver(resident, 900));
  const firstBlock = await chain.client.getBlockNumber();
  let messages = 0;
  let publishSeconds = 0;

  /** Every meter sends its messages in their order; the meters all at the same time. */
  async function publish(of: (driver: MeterDriver) => ReturnType<MeterDriver["messagesOfDay"]>): Promise<void> {
    const began = performance.now();
    const sent = drivers.map((driver) => ({ driver, texts: of(driver) }));
    messages += sent.reduce((sum, { texts }) => sum + texts.length, 0);
    await Promise.all(sent.map(({ driver, texts }) => driver.publish(publisher, texts, signal)));
    publishSeconds += (performance.now() - began) / 1000;
  }

  return {
    boardUrl: `http://127.0.0.1:${ports.board}`,
    publishFirst: (day) => publish((driver) => driver.firstMessages(day)),
    publishDay: (day) => publish((driver) => driver.messagesOfDay(day)),
    async finish(lastBlock) {
      await publisher.close();
      const used = usedBy(oracle.pid);
      await oracle.stop();
      return {
        ...{ meters, messages, publishSeconds, enrolment },
        chain: await readTransactions(chain.client, deployment, submitter, {
          blocks: [firstBlock + 1n, lastBlock],
          firstDay,
        }),
        ...used,
        databaseBytes: (await stat(join(folder, "oracle", "oracle.sqlite"))).size,
      };
    },
  };
}

/** Generated streets one after the other, each with a seed of its own, until there are homes enough. */
function makeResidents(index: number, meters: number, firstDay: Day, days: number): Resident[] {
  const homes = Array.from(
    { length: Math.ceil(meters / HOMES_PER_STREET) },
    (_, street) => generateStreet(index * 1_000 + street + 1, firstDay, days).homes,
  ).flat();
  return settle(
    homes.slice(0, meters),
    Array.from({ length: meters }, () => "community" as const),
  );
}

/** Of an oracle and its signer, since they were started. Nothing where there is no /proc. */
function usedBy(pid: number | undefined): Pick<NeighbourhoodFigures, "cpuSeconds" | "peakMb" | "signerPeakMb"> {
  try {
    if (pid === undefined) throw new Error("there is no process");
    const own = readStats(pid);
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    const children = pids.map((child) => readStats(child));
    return {
      cpuSeconds: [own, ...children].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      peakMb: own.peakMb,
      signerPeakMb: Math.max(0, ...children.map(({ peakMb }) => peakMb)),
    };
  } catch {
    return { cpuSeconds: Number.NaN, peakMb: Number.NaN, signerPeakMb: Number.NaN };
  }
}
