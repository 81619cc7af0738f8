import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { createCertificates } from "./certificates.ts";
import type { LogLine } from "./oracle-process.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Certificates of a signer and its oracle in files of a folder, as docs/operations.md has them made. */
export async function writeSignerCertificates(folder: string) {
  mkdirSync(folder, { recursive: true });
  const { ca, server, client } = await createCertificates();
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    caFile: write("ca.pem", ca),
    server: { certificateFile: write("signer.pem", server.certificate), keyFile: write("signer.key", server.key) },
    client: { certificateFile: write("oracle.pem", client.certificate), keyFile: write("oracle.key", client.key) },
  };
}

/** Starts the verb `signer` and waits until it listens. */
export async function startSignerProcess(configFile: string) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, "signer", "--config", configFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: LogLine[] = [];
  const exited = once(child, "exit") as Promise<[number | null]>;
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ready = Promise.withResolvers<LogLine>();
  if (child.stdout === null) throw new Error("the signer has no output");
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    if (line.event === "ready") ready.resolve(line);
  });
  const ended = exited.then(([code]): never => {
    throw new Error(`the signer ended with ${String(code)}: ${errors}`);
  });
  const { ports } = (await Promise.race([ready.promise, ended])) as LogLine & { ports: { signer: number } };
  ended.catch(() => undefined);
  return {
    port: ports.signer,
    pid: child.pid,
    lines,
    async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}
