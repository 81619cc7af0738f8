import { open } from "node:fs/promises";

import { UserError } from "../errors.ts";

/**
 * Finds out before the days are played and not after.
 *
 * @param flag - The option that names the file, for the error.
 * @throws UserError when the file cannot be written.
 */
export async function checkWritable(flag: string, file: string): Promise<void> {
  try {
    await (await open(file, "a")).close();
  } catch (error) {
    throw new UserError(`${flag} is "${file}", which cannot be written (${(error as NodeJS.ErrnoException).code}).`);
  }
}
