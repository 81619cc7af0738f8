import { fdatasync } from "node:fs";

import { DatabaseUnavailableError } from "./errors.ts";

/** Has the system write a file to the disk itself, off the main thread. */
export type DiskSync = {
  /** Resolves once everything that was written to the file before the call is on the disk. Calls share what they can. */
  sync(): Promise<void>;
  /**
   * @throws DatabaseUnavailableError once a sync has failed: the system may have dropped what it could not write, so that
   * nothing that is written behind it can be relied on.
   */
  check(): void;
};

export function createDiskSync(file: string, descriptor: number): DiskSync {
  let failure: DatabaseUnavailableError | undefined;
  let underWay: Promise<void> | undefined;
  /** Begins when the one under way has ended: that one may have missed the newest bytes. */
  let next: Promise<void> | undefined;

  function check(): void {
    if (failure !== undefined) throw failure;
  }

  function begin(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    fdatasync(descriptor, (error) => {
      underWay = undefined;
      if (error === null) {
        resolve(undefined);
        return;
      }
      failure ??= new DatabaseUnavailableError(
        `The disk failed to write ${file}: check the disk, then start the oracle again`,
        { details: String(error), cause: error },
      );
      reject(failure);
    });
    underWay = promise;
    return promise;
  }

  return {
    check,
    sync() {
      if (failure !== undefined) return Promise.reject(failure);
      if (underWay === undefined) return begin();
      next ??= underWay
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          check();
          return begin();
        });
      return next;
    },
  };
}
