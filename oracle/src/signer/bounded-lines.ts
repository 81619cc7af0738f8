import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Whoever speaks sent a line longer than any of the protocol's. */
export class LineTooLongError extends CommonwattError {
  override readonly name = "LineTooLongError";
}

/**
 * The lines of a stream, without their breaks and without empty ones. A last line without a break is not one: it may
 * have been cut off.
 *
 * @throws LineTooLongError as soon as a line is longer than `maxCharacters`: no more of it is kept.
 */
export async function* boundedLines(input: Readable, maxCharacters: number): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  const started: string[] = [];
  let characters = 0;
  for await (const chunk of input) {
    const text = typeof chunk === "string" ? chunk : decoder.write(chunk as Buffer);
    const [first = "", ...rest] = text.split("\n");
    for (const [index, part] of [first, ...rest].entries()) {
      if (index > 0) {
        const line = started.splice(0).join("").replace(/\r$/u, "");
        characters = 0;
        if (line !== "") yield line;
      }
      characters += part.length;
      if (characters > maxCharacters) throw new LineTooLongError(`A line is longer than ${maxCharacters} characters`);
      started.push(part);
    }
  }
}
