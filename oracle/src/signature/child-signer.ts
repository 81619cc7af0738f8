import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { z } from "zod";

import {
  answerSchema,
  devicesResult,
  possessionResult,
  type Signer,
  type SignerRequest,
  signatureResult,
  toWire,
} from "../signer/protocol.ts";

/** The signer's process ended or did not answer: asking again later makes sense. */
export class SignerUnavailableError extends CommonwattError {
  override readonly name = "SignerUnavailableError";
}
/** The signer answered that it could not now: a full disk, a key file that cannot be read. */
export class SignerTroubleError extends CommonwattError {
  override readonly name = "SignerTroubleError";
}
/** The signer answered that it will not: asking again the same will not help. */
export class SignerRefusedError extends CommonwattError {
  override readonly name = "SignerRefusedError";
}

export type ChildSignerOptions = {
  keystoreDir: string;
  passphraseFile: string;
  deploymentFile: string;
  memoryFile: string;
  /** Receives what the signer says on its standard error: never a secret. */
  onMessage: (text: string) => void;
};
export type ChildSigner = Signer & { close(): Promise<void>; readonly pid: number | undefined };

type Pending = { resolve: (result: unknown) => void; reject: (error: Error) => void };
/** `Omit` over each kind of request apart. */
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** The first answer waits for every key of the keystore to be decrypted, up to a second each. */
const ANSWER_MILLISECONDS = 120_000;
const CLOSE_MILLISECONDS = 5_000;

/**
 * The signer as a child process, spoken to in lines of JSON. It starts with the first request and again after it died.
 * Nothing but paths is handed to it: it reads its secrets itself.
 */
export function createChildSigner(options: ChildSignerOptions): ChildSigner {
  const pending = new Map<number, Pending>();
  let child: ChildProcessWithoutNullStreams | undefined;
  let nextId = 1;
  let closed = false;

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
    createInterface({ input: started.stdout, crlfDelay: Infinity }).on("line", receive);
    return started;
  }

  function fail(ended: ChildProcessWithoutNullStreams, how: string): void {
    if (child !== ended) return;
    child = undefined;
    for (const { reject } of pending.values()) reject(new SignerUnavailableError(`The signer ${how}`));
    pending.clear();
  }

  function receive(line: string): void {
    const parsed = answerSchema.safeParse(parseJson(line));
    const waiting = parsed.success ? pending.get(parsed.data.id) : undefined;
    if (!parsed.success || waiting === undefined) {
      options.onMessage(`The signer said something that answers nothing: ${line.slice(0, 200)}`);
      return;
    }
    pending.delete(parsed.data.id);
    if (!("error" in parsed.data)) waiting.resolve(parsed.data.result);
    else if (parsed.data.passing === true)
      waiting.reject(new SignerTroubleError(`The signer could not: ${parsed.data.error}`));
    else waiting.reject(new SignerRefusedError(`The signer refused: ${parsed.data.error}`));
  }

  async function ask<T>(request: WithoutId<SignerRequest>, schema: z.ZodType<T>): Promise<T> {
    if (closed) throw new SignerUnavailableError("The signer is closed");
    child ??= start();
    const id = nextId++;
    const answer = Promise.withResolvers<unknown>();
    pending.set(id, answer);
    const timer = setTimeout(() => {
      pending.delete(id);
      answer.reject(new SignerUnavailableError(`The signer did not answer within ${ANSWER_MILLISECONDS / 1000} s`));
    }, ANSWER_MILLISECONDS);
    child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    try {
      return schema.parse(await answer.promise);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    get pid() {
      return child?.pid;
    },
    devices: () => ask({ method: "devices" }, devicesResult),
    async signProfile(device, profile) {
      return (await ask({ method: "signProfile", device, profile: toWire(profile) }, signatureResult)).signature;
    },
    provePossession: (meter, { importRegister, exportRegister }) =>
      ask(
        {
          method: "provePossession",
          meter,
          importRegister: importRegister.toString(),
          exportRegister: exportRegister.toString(),
        },
        possessionResult,
      ),
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

function argumentsOf({ keystoreDir, passphraseFile, deploymentFile, memoryFile }: ChildSignerOptions): string[] {
  return [
    ["--keystore", keystoreDir],
    ["--passphrase-file", passphraseFile],
    ["--deployment", deploymentFile],
    ["--memory", memoryFile],
  ].flat();
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
