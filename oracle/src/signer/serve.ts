import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { ZodError } from "zod";

import { boundedLines } from "./bounded-lines.ts";
import { KeyUnavailableError } from "./key-signer.ts";
import { fromWire, MAX_REQUEST_CHARACTERS, requestSchema, type SignerRequest } from "./protocol.ts";
import type { Signer } from "./signer.ts";

/**
 * Answers requests, one line of JSON each, until the input ends. An answer carries its request's id; a line that is no
 * request is answered with id 0. The next is read when the answer has left, so that a caller who does not read cannot
 * fill the memory.
 *
 * @throws LineTooLongError when a line is none of the protocol's: whatever follows it is not read.
 */
export async function serveSigner(signer: Signer, input: Readable, output: Writable): Promise<void> {
  await pipeline(() => answers(signer, input), output, { end: false });
}

async function* answers(signer: Signer, input: Readable): AsyncGenerator<string> {
  for await (const line of boundedLines(input, MAX_REQUEST_CHARACTERS)) {
    yield `${JSON.stringify(await answer(signer, line))}\n`;
  }
}

async function answer(
  signer: Signer,
  line: string,
): Promise<{ id: number; result: unknown } | { id: number; error: string; passing?: true }> {
  let id = 0;
  try {
    const parsed: unknown = JSON.parse(line);
    id = idOf(parsed);
    const request = requestSchema.parse(parsed);
    return { id, result: await handle(signer, request) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return isRefusal(error) ? { id, error: reason } : { id, error: reason, passing: true };
  }
}

/** Whether the signer will not. A full disk or a key file that cannot be read is no answer to what was asked. */
function isRefusal(error: unknown): boolean {
  if (error instanceof KeyUnavailableError) return false;
  return error instanceof CommonwattError || error instanceof ZodError || error instanceof SyntaxError;
}

function idOf(request: unknown): number {
  const id = typeof request === "object" && request !== null && "id" in request ? request.id : 0;
  return Number.isSafeInteger(id) ? (id as number) : 0;
}

async function handle(signer: Signer, request: SignerRequest): Promise<unknown> {
  switch (request.method) {
    case "devices":
      return signer.devices();
    case "signProfile":
      return { signature: await signer.signProfile(request.device, fromWire(request.profile)) };
    case "provePossession":
      return signer.provePossession(
        request.meter,
        { importRegister: BigInt(request.importRegister), exportRegister: BigInt(request.exportRegister) },
        request.device,
      );
  }
}
