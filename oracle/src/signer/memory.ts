import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Address, Hex } from "viem";

/** A device never signs two different profiles of one day: whoever asks for the second is wrong, or worse. */
export class ConflictingProfileError extends CommonwattError {
  override readonly name = "ConflictingProfileError";
}

/** What the signer has signed: the hash of each device's profile of each day. */
export type SignerMemory = {
  /**
   * Notes that `device` is about to sign `hash` for `day`, durably, before the signature leaves.
   *
   * @throws ConflictingProfileError when another hash of that day was noted before.
   */
  remember(device: Address, day: number, hash: Hex): void;
  close(): void;
};

/** Opens the signer's own database, apart from the oracle's: losing one must not lose the other. */
export function openSignerMemory(file: string): SignerMemory {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file);
  // FULL: the promise of one profile a day must survive a power cut.
  database.exec(`
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS signed (
      device TEXT NOT NULL, day INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (device, day)
    ) STRICT, WITHOUT ROWID;
  `);
  const insert = database.prepare("INSERT OR IGNORE INTO signed (device, day, hash) VALUES (?, ?, ?)");
  const select = database.prepare("SELECT hash FROM signed WHERE device = ? AND day = ?");
  return {
    remember(device, day, hash) {
      const key = device.toLowerCase();
      insert.run(key, day, hash);
      const noted = select.get(key, day)?.["hash"];
      if (noted !== hash) {
        throw new ConflictingProfileError(
          `Device ${device} has signed another profile of day ${day} already: ${String(noted)}, asked for ${hash}`,
        );
      }
    },
    close() {
      database.close();
    },
  };
}
