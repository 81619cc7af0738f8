import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/**
 * Takes the lock that keeps a second oracle off a database file: an open transaction on an empty database beside it. The
 * system lets go of it with the process, however that ends; the database itself stays open to readers.
 *
 * @returns Gives the lock back.
 * @throws CommonwattError when another process has it.
 */
export function lockFile(file: string): () => void {
  const lock = new DatabaseSync(`${file}.lock`);
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new CommonwattError(`${file} is in use by another oracle, expected to be the only one: stop that one first`, {
      details: String(error),
      cause: error,
    });
  }
  return () => {
    lock.close();
  };
}
