import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import { days, megabytes } from "../alarms/words.ts";
import { openSnapshot } from "../backup/source.ts";
import type { Config } from "../config/schema.ts";
import { readPassphrase, readSecret } from "../keystore/passphrase.ts";
import { listMeterKeys, openKey } from "../keystore/keystore.ts";
import { daysLeft } from "../metrics/facts.ts";
import { paceOf, readSamples } from "../metrics/history.ts";
import { MIGRATIONS } from "../storage/migrations.ts";
import { type Finding, ok, reasonOf, warning, wrong } from "./finding.ts";

const CONNECT_MS = 5_000;
const OTHERS = 0o077;

/** Whether the broker's port can be reached: an external one, or the oracle's own while it runs. */
export async function examineBroker({ broker }: Config, isRunning: boolean): Promise<Finding[]> {
  const { host, port } = broker.kind === "embedded" ? broker : addressOf(broker.url);
  const problem = await knock(host === "0.0.0.0" ? "127.0.0.1" : host, port);
  if (broker.kind === "external") {
    return problem === undefined
      ? [ok("broker", `${host}:${port} can be reached`)]
      : [wrong("broker", `${host}:${port} cannot be reached: ${problem}`, "start it, or correct broker.url")];
  }
  if (isRunning) {
    return problem === undefined || port === 0
      ? [ok("broker", `the oracle listens on ${host}:${port}`)]
      : [wrong("broker", `the oracle runs, and nobody listens on ${host}:${port}`, "look at its log")];
  }
  return problem === undefined
    ? [wrong("broker", `another program listens on ${host}:${port}`, "stop it, or give broker.port another number")]
    : [ok("broker", `${host}:${port} is free for the oracle`)];
}

/** The database: reachable, its version, and whether an oracle has it open. */
export async function examineDatabase(config: Config): Promise<Finding[]> {
  if (config.database.kind === "sqlite" && !existsSync(join(config.dataDir, "oracle.sqlite"))) {
    return [ok("database", "there is none yet: the oracle makes it when it first runs")];
  }
  try {
    const snapshot = await openSnapshot(config);
    await snapshot.close();
    const version = snapshot.schemaVersion;
    if (version > MIGRATIONS.length) {
      return [
        wrong(
          "database",
          `a newer oracle wrote it (version ${version})`,
          `start that one: this knows ${MIGRATIONS.length}`,
        ),
      ];
    }
    const older = version < MIGRATIONS.length ? `, the next start brings it to ${MIGRATIONS.length}` : "";
    return [ok("database", `${config.database.kind}, can be read, version ${version}${older}`)];
  } catch (error) {
    return [wrong("database", reasonOf(error), "start its server, or correct database.urlFile")];
  }
}

export async function examineDisk({ dataDir, alarms }: Config): Promise<Finding[]> {
  if (!existsSync(dataDir)) return [ok("disk", `${dataDir} is made when the oracle first runs`)];
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const { growthBytesPerDay } = paceOf(readSamples(dataDir));
  const left = daysLeft(free, growthBytesPerDay);
  const growth =
    left === null || growthBytesPerDay === null
      ? "its growth is not known yet"
      : `it grows ${megabytes(growthBytesPerDay)} a day: ${days(left)} left`;
  const says = `${megabytes(free)} are free, ${growth}`;
  const isTight = free < alarms.diskFreeMegabytes * 1e6 || (left !== null && left < alarms.diskDays);
  return [isTight ? warning("disk", says, "make room, or lower retention.messageDays") : ok("disk", says)];
}

/** Secrets that others on the machine can read. */
export function examineFiles(config: Config, configFile: string): Finding[] {
  const { broker, http, database, passphraseFile, keystoreDir, dataDir, signer } = config;
  const files: [what: string, path: string | undefined, mode: string][] = [
    ["passphrase file", passphraseFile, "600"],
    ["folder of the keys", keystoreDir, "700"],
    ["data folder", dataDir, "700"],
    ["file of the database's URL", database.kind === "postgres" ? database.urlFile : undefined, "600"],
    ["file of HTTP keys", http?.keysFile, "600"],
    ["file of MQTT users", broker.kind === "embedded" ? broker.usersFile : undefined, "600"],
    ["file of the broker's password", broker.kind === "external" ? broker.passwordFile : undefined, "600"],
    ["key of the certificate for the broker", broker.kind === "external" ? broker.keyFile : undefined, "600"],
    ["key of the certificate for the signer", signer.kind === "remote" ? signer.keyFile : undefined, "600"],
    ["file of the PIN", signer.kind === "pkcs11" ? signer.pinFile : undefined, "600"],
    // Providers put keys into URLs.
    ["configuration", config.rpcUrls.some(hasSecret) ? configFile : undefined, "600"],
  ];
  const found: Finding[] = [];
  for (const [what, path, mode] of files) {
    const stat = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (path === undefined || stat === undefined || (stat.mode & OTHERS) === 0) continue;
    found.push(wrong("files", `others can read the ${what} ${path}`, `chmod ${mode} ${path}`));
  }
  return found.length > 0 ? found : [ok("files", "nobody but their owner can read what is secret")];
}

/** The passphrase fits the keys, and each meter has one. */
export async function examineKeys(config: Config): Promise<Finding[]> {
  const passphrase = readPassphrase(config);
  const found: Finding[] = [];
  try {
    await openKey(config.keystoreDir, "submitter", passphrase);
    found.push(ok("keys", "the passphrase opens the submitter's key"));
  } catch (error) {
    found.push(wrong("keys", reasonOf(error), "keys create --submitter, or put the right passphrase into its file"));
  }
  if (config.signer.kind !== "process") return found;
  const keys = new Set(listMeterKeys(config.keystoreDir));
  const without = config.meters.filter(({ meter }) => !keys.has(meter)).map(({ meter }) => meter);
  if (without.length === 0) found.push(ok("keys", `all ${config.meters.length} meters have one`));
  return found;
}

/** Files with secrets that the oracle needs, each as it reads it. */
export function examineSecrets({ broker, database }: Config): Finding[] {
  const needed: [what: string, file: string | undefined][] = [
    ["database URL", database.kind === "postgres" ? database.urlFile : undefined],
    ["password", broker.kind === "external" ? broker.passwordFile : undefined],
  ];
  return needed.flatMap(([what, file]) => {
    if (file === undefined) return [];
    try {
      readSecret(what, file);
      return [];
    } catch (error) {
      return [wrong("files", reasonOf(error), "write it, with mode 600")];
    }
  });
}

function hasSecret(url: string): boolean {
  const { pathname, search, username, password } = new URL(url);
  return pathname !== "/" || search !== "" || username !== "" || password !== "";
}

const PORTS: Readonly<Record<string, number>> = { "mqtt:": 1_883, "mqtts:": 8_883, "ws:": 80, "wss:": 443 };

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/gu, ""), port: port === "" ? (PORTS[protocol] ?? 1_883) : Number(port) };
}

/** Connects and hangs up; what went wrong, if anything did. */
function knock(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.on("connect", () => {
      end();
    });
    socket.on("timeout", () => {
      end(`no answer within ${CONNECT_MS / 1000} s`);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
  });
}
