import { promisify } from "node:util";
import { inflate } from "node:zlib";

/** What a thousand rows of the largest devices come to, four times over. */
export const MAX_INFLATED_BYTES = 4 * 1_048_576;

const run = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflate);

/**
 * Decompresses zlib data, off the main thread and no farther than {@link MAX_INFLATED_BYTES}.
 *
 * @returns Undefined when it is no zlib data; "too-large" when more would come out.
 */
export async function inflateBounded(data: Uint8Array): Promise<Buffer | "too-large" | undefined> {
  try {
    return await run(data, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return tooLarge ? "too-large" : undefined;
  }
}
