import { createReadStream } from "node:fs";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { UserError } from "../errors.ts";

/** Longest line that is still taken for text; beyond it the file is no CSV. */
const MAX_LINE_LENGTH = 100_000;

/**
 * Hands each line of a text file (`.gz`: decompressed) to `onLine`, without ever holding the file in memory.
 *
 * @param onLine - Gets the line without its end, and its number from 1.
 * @throws UserError when the file cannot be read or decompressed; whatever `onLine` throws.
 */
export async function forEachLine(path: string, onLine: (line: string, number: number) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  let number = 0;
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw new UserError(`${path}, line ${number + 1}: no line end in sight.`);
    for (const line of lines) onLine(line.endsWith("\r") ? line.slice(0, -1) : line, ++number);
  };
  try {
    await pipeline(
      createReadStream(path),
      path.endsWith(".gz") ? createGunzip() : new PassThrough(),
      async (source: AsyncIterable<Buffer>) => {
        for await (const chunk of source) take(decoder.decode(chunk, { stream: true }));
        take(`${decoder.decode()}${rest === "" ? "" : "\n"}`);
      },
    );
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || error instanceof UserError) throw error;
    if (code === "ENOENT") throw new UserError(`${path}: no such file.`);
    throw new UserError(`${path} cannot be read (${code}).`);
  }
}
