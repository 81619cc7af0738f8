import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { freePort } from "./free-port.ts";

const PROGRAM = "/usr/sbin/mosquitto";
/** How long a start may take, on a machine that has other things to do. */
const START_MS = 120_000;
const runFile = promisify(execFile);

/** A mosquitto of its own, on loopback, with its data in a folder of its own. */
export type Mosquitto = Awaited<ReturnType<typeof startMosquitto>>;

/** Whether Debian's mosquitto is installed here. */
export const hasMosquitto = existsSync(PROGRAM);

export type MosquittoOptions = {
  /** The configuration behind the listener's line; without it anyone may publish and read. */
  settings?: string;
  /** Files that the settings name, by name; `FOLDER` in the settings and the files stands for the folder they are in. */
  files?: Readonly<Record<string, string>>;
  /** Passwords by user, for a file `passwd`. */
  users?: Readonly<Record<string, string>>;
};

const OPEN = "allow_anonymous true\n";

/** Starts the broker. As root it runs as the user mosquitto, as it insists to, and its files are made readable to it. */
export async function startMosquitto({ settings = OPEN, files = {}, users }: MosquittoOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = await freePort();
  const configFile = join(folder, "mosquitto.conf");
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text.replaceAll("FOLDER", folder), { mode: 0o600 });
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  write("mosquitto.conf", `listener ${port} 127.0.0.1\n${settings}`);
  if (users !== undefined) {
    write("passwd", "");
    for (const [user, password] of Object.entries(users))
      await runFile("mosquitto_passwd", ["-b", join(folder, "passwd"), user, password]);
  }
  if (process.getuid?.() === 0) {
    const id = async (option: string) => Number((await runFile("id", [option, "mosquitto"])).stdout);
    const [uid, gid] = [await id("-u"), await id("-g")];
    const names = [...Object.keys(files), "mosquitto.conf", ...(users === undefined ? [] : ["passwd"])];
    for (const path of [folder, ...names.map((name) => join(folder, name))]) chownSync(path, uid, gid);
  }
  chmodSync(folder, 0o700);
  let server: ChildProcess | undefined;
  let said = "";

  async function start(): Promise<void> {
    const child = spawn(PROGRAM, ["-c", configFile], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-20_000)));
    server = child;
    const deadline = performance.now() + START_MS;
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}:\n${said}`);
      if (performance.now() > deadline)
        throw new Error(`mosquitto does not listen after ${START_MS / 1000} s:\n${said}`);
      await sleep(20);
    }
  }

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = server;
    server = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  await start();
  return {
    port,
    folder,
    /** The end of what it said. */
    log: () => said,
    pid: () => server?.pid,
    /** Ends it at once, as a power cut would. */
    kill: () => end("SIGKILL"),
    /** Ends it so that it saves its sessions, where the settings say so. */
    stop: () => end("SIGTERM"),
    /** For the last moments of a process that cannot wait. */
    killNow: () => void server?.kill("SIGKILL"),
    /** Starts it again on the same port. */
    start,
    async close(): Promise<void> {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
