import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { Client } from "pg";

import { freePort } from "./free-port.ts";

const INSTALLED = "/usr/lib/postgresql";
/** How long a start or an end may take, on a machine that has other things to do. */
const START_MS = 120_000;
const PASSWORD = "chaos-and-tests";
const SETTINGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "shared_buffers=32MB",
  "max_connections=40",
];
const runFile = promisify(execFile);

/** A PostgreSQL server of its own, on loopback, with a cluster in a folder of its own. */
export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** Folder of the newest server programs that Debian's package has put here; undefined where there are none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const folders = readdirSync(INSTALLED).toSorted((a, b) => Number(b) - Number(a));
  return folders.map((version) => join(INSTALLED, version, "bin")).find((path) => existsSync(join(path, "initdb")));
}

/**
 * Makes a cluster and starts its server, with password authentication. As root it runs as the user postgres, which is
 * all that the server accepts.
 *
 * @param parent - Folder to put the cluster in, by default the system's for temporary files.
 */
export async function startPostgres(parent: string = tmpdir()) {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error(`there is no PostgreSQL in ${INSTALLED}`);
  const user = process.getuid?.() === 0 ? await postgresUser() : undefined;
  const folder = mkdtempSync(join(parent, "postgres-"));
  const dataDir = join(folder, "cluster");
  mkdirSync(dataDir, { mode: 0o700 });
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (user !== undefined) for (const path of [folder, dataDir, passwordFile]) chownSync(path, user.uid, user.gid);
  const identity = ["--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  await runFile(join(programs, "initdb"), ["-D", dataDir, ...identity, "--encoding=UTF8", "--locale=C", "--no-sync"], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  const urlOf = (database: string) => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;
  let said = "";

  async function start(): Promise<void> {
    said = "";
    const args = [...SETTINGS, `port=${port}`].flatMap((setting) => ["-c", setting]);
    const child = spawn(join(programs ?? "", "postgres"), ["-D", dataDir, ...args], {
      ...user,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-20_000);
    });
    server = child;
    const deadline = performance.now() + START_MS;
    while (!(await answers(urlOf("postgres")))) {
      await sleep(50);
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`PostgreSQL ended:\n${said}`);
      if (performance.now() > deadline)
        throw new Error(`PostgreSQL does not answer after ${START_MS / 1000} s:\n${said}`);
    }
  }

  async function end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const child = server;
    server = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // Its backends are sessions of their own: a power cut takes them too, and a restart waits for them.
    const backends = childrenOf(child.pid);
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal === "SIGKILL") for (const pid of backends) killNow(pid);
    await exited;
    for (const deadline = performance.now() + START_MS; backends.some((pid) => existsSync(`/proc/${pid}`));) {
      if (performance.now() > deadline) throw new Error(`backends of PostgreSQL are left: ${backends.join(", ")}`);
      await sleep(20);
    }
  }

  await start();
  return {
    /** URL of the database that is always there, with the password. */
    url: urlOf("postgres"),
    /** The end of what the server said. */
    log: () => said,
    /** Makes an empty database and returns its URL. */
    async createDatabase(name: string): Promise<string> {
      if (!/^[a-z_][a-z0-9_]*$/u.test(name)) throw new Error(`database name ${name}, expected [a-z_][a-z0-9_]*`);
      const client = new Client(urlOf("postgres"));
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return urlOf(name);
    },
    /** Ends the server and all its backends at once, as a power cut would. */
    kill: () => end("SIGKILL"),
    /** Starts it again, on the same port and cluster. */
    start,
    pid: () => server?.pid,
    /** Ends the server and removes the cluster. */
    async close(): Promise<void> {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
    /** For the last moments of a process that cannot wait. */
    killNow(): void {
      if (server?.pid === undefined) return;
      for (const pid of [...childrenOf(server.pid), server.pid]) killNow(pid);
    },
  };
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const id = async (option: string) => Number((await runFile("id", [option, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client(url);
  // The server may go away at any moment between the connection and its end.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
