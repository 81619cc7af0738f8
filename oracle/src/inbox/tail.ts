import type { InboxRow } from "./inbox-store.ts";

/** The newest rows of the inbox in memory, so that what has just been written need not be read again. */
export type InboxTail = {
  /** Takes rows that are on the disk now. */
  push(rows: readonly InboxRow[]): void;
  /** The rows that follow `seq` without a gap; undefined when they have to be read from the disk. */
  after(seq: number, limit: number): InboxRow[] | undefined;
  clear(): void;
};

/** @param maxRows - Beyond this the tail is given up until the processor has caught up with the disk. */
export function createInboxTail(maxRows: number): InboxTail {
  let rows: InboxRow[] = [];
  return {
    push(newest) {
      if (rows.length + newest.length > maxRows) rows = [];
      for (const row of newest) rows.push(row);
    },
    after(seq, limit) {
      let first = 0;
      while (first < rows.length && (rows[first]?.seq ?? 0) <= seq) first++;
      if (first > 0) rows = rows.slice(first);
      return rows[0]?.seq === seq + 1 ? rows.slice(0, limit) : undefined;
    },
    clear() {
      rows = [];
    },
  };
}
