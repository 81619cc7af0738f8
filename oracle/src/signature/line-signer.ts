import type { z } from "zod";

import {
  answerSchema,
  devicesResult,
  possessionResult,
  type SignerRequest,
  signatureResult,
  toWire,
} from "../signer/protocol.ts";
import type { Signer } from "../signer/signer.ts";
import { SignerRefusedError, SignerTroubleError, SignerUnavailableError } from "./signer-errors.ts";

/** How lines get to a signer. */
export type LineTransport = {
  /**
   * Sends one line. What comes back is handed to `receive`.
   *
   * @throws SignerUnavailableError when there is nobody to send it to.
   */
  send(line: string): void | Promise<void>;
  /** Receives what answers nothing: never a secret. */
  onMessage(text: string): void;
  /** No answer came in time. */
  onSilence?(): void;
};

type Pending = { resolve: (result: unknown) => void; reject: (error: Error) => void };
/** `Omit` over each kind of request apart. */
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** The first answer may wait for every key of the keystore to be decrypted, up to a second each. */
const ANSWER_MILLISECONDS = 120_000;

/** A signer that is spoken to in lines of JSON, whatever carries them. */
export function createLineSigner(transport: LineTransport): {
  signer: Signer;
  /** Takes a line that the signer said. */
  receive(line: string): void;
  /** Nobody will answer what was asked so far. */
  fail(reason: string): void;
} {
  const pending = new Map<number, Pending>();
  let nextId = 1;

  async function ask<T>(request: WithoutId<SignerRequest>, schema: z.ZodType<T>): Promise<T> {
    const id = nextId++;
    const answer = Promise.withResolvers<unknown>();
    // Without a handler until it is awaited below, a failure meanwhile would end the process.
    answer.promise.catch(() => undefined);
    pending.set(id, answer);
    const timer = setTimeout(() => {
      answer.reject(new SignerUnavailableError(`The signer did not answer within ${ANSWER_MILLISECONDS / 1000} s`));
      transport.onSilence?.();
    }, ANSWER_MILLISECONDS);
    try {
      await transport.send(`${JSON.stringify({ id, ...request })}\n`);
      const parsed = schema.safeParse(await answer.promise);
      if (parsed.success) return parsed.data;
      throw new SignerUnavailableError(`The signer's answer to ${request.method} is none: is it of another version?`);
    } finally {
      pending.delete(id);
      clearTimeout(timer);
    }
  }

  return {
    signer: {
      devices: () => ask({ method: "devices" }, devicesResult),
      async signProfile(device, profile) {
        return (await ask({ method: "signProfile", device, profile: toWire(profile) }, signatureResult)).signature;
      },
      provePossession: (meter, { importRegister, exportRegister }, device) =>
        ask(
          {
            method: "provePossession",
            meter,
            importRegister: importRegister.toString(),
            exportRegister: exportRegister.toString(),
            ...(device === undefined ? {} : { device }),
          },
          possessionResult,
        ),
    },

    receive(line) {
      const parsed = answerSchema.safeParse(parseJson(line));
      const waiting = parsed.success ? pending.get(parsed.data.id) : undefined;
      if (!parsed.success || waiting === undefined) {
        transport.onMessage(`The signer said something that answers nothing: ${line.slice(0, 200)}`);
      } else if (!("error" in parsed.data)) {
        waiting.resolve(parsed.data.result);
      } else if (parsed.data.passing === true) {
        waiting.reject(new SignerTroubleError(`The signer could not: ${parsed.data.error}`));
      } else {
        waiting.reject(new SignerRefusedError(`The signer refused: ${parsed.data.error}`));
      }
    },

    fail(reason) {
      for (const { reject } of pending.values()) reject(new SignerUnavailableError(reason));
      pending.clear();
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
