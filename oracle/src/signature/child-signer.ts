import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { boundedLines } from "../signer/bounded-lines.ts";
import { MAX_ANSWER_CHARACTERS } from "../signer/protocol.ts";
import type { Signer } from "../signer/signer.ts";
import { createLineSigner } from "./line-signer.ts";
import { SignerUnavailableError } from "./signer-errors.ts";

export type ChildSignerOptions = {
  /** Where the keys are: files of a folder, or a token that is spoken to through a PKCS#11 library. */
  keys:
    | { kind: "keystore"; keystoreDir: string; passphraseFile?: string | undefined }
    | { kind: "pkcs11"; library: string; token: string; pinFile?: string | undefined };
  deploymentFile: string;
  memoryFile: string;
  /** Receives what the signer says on its standard error: never a secret. */
  onMessage: (text: string) => void;
};
export type ChildSigner = Signer & { close(): Promise<void>; readonly pid: number | undefined };

const CLOSE_MILLISECONDS = 5_000;

/**
 * The signer as a child process, spoken to in lines of JSON. It starts with the first request and again after it died.
 * Nothing but paths is handed to it: it reads its secrets itself.
 */
export function createChildSigner(options: ChildSignerOptions): ChildSigner {
  let child: ChildProcessWithoutNullStreams | undefined;
  let closed = false;
  const lines = createLineSigner({
    send(line) {
      if (closed) throw new SignerUnavailableError("The signer is closed");
      child ??= start();
      child.stdin.write(line);
    },
    onMessage: options.onMessage,
  });

  function start(): ChildProcessWithoutNullStreams {
    const started = spawn(process.execPath, [
      fileURLToPath(new URL("../signer/main.ts", import.meta.url)),
      ...argumentsOf(options),
    ]);
    let lastWords = "";
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      lastWords = text.trim();
      options.onMessage(lastWords);
    });
    // The pipe breaks when the process dies; "exit" tells.
    started.stdin.on("error", () => undefined);
    started.on("error", (error) => {
      fail(started, `could not be started: ${error.message}`);
    });
    started.on("exit", (code, signal) => {
      fail(started, `ended with ${signal ?? `code ${code ?? "unknown"}`}${lastWords === "" ? "" : `: ${lastWords}`}`);
    });
    void listen(started);
    return started;
  }

  async function listen(started: ChildProcessWithoutNullStreams): Promise<void> {
    try {
      for await (const line of boundedLines(started.stdout, MAX_ANSWER_CHARACTERS)) lines.receive(line);
    } catch (error) {
      options.onMessage(`The signer cannot be understood: ${error instanceof Error ? error.message : String(error)}`);
      started.kill("SIGKILL");
    }
  }

  function fail(ended: ChildProcessWithoutNullStreams, how: string): void {
    if (child !== ended) return;
    child = undefined;
    lines.fail(`The signer ${how}`);
  }

  return {
    get pid() {
      return child?.pid;
    },
    ...lines.signer,
    async close() {
      closed = true;
      const ending = child;
      if (ending === undefined) return;
      const ended = once(ending, "exit");
      ending.stdin.end();
      const timer = setTimeout(() => ending.kill("SIGKILL"), CLOSE_MILLISECONDS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function argumentsOf({ keys, deploymentFile, memoryFile }: ChildSignerOptions): string[] {
  const where =
    keys.kind === "keystore"
      ? [["--keystore", keys.keystoreDir], option("--passphrase-file", keys.passphraseFile)]
      : [["--pkcs11", keys.library], ["--token", keys.token], option("--pin-file", keys.pinFile)];
  return [...where, ["--deployment", deploymentFile], ["--memory", memoryFile]].flat();
}

/** Without a file the secret is in the environment, which the process inherits. */
const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
