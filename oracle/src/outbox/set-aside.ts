import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Hex } from "viem";

import type { Config } from "../config/schema.ts";
import type { OutboxRow, OutboxStore } from "./outbox-store.ts";

export type SetAsideParts = {
  submission: Pick<Config["submission"], "maxAttempts" | "retrySeconds">;
  /** Unix milliseconds of the machine's clock. */
  nowMs: () => number;
  log: Logger;
};

/** What becomes of a profile that is not to be sent now. */
export type SetAside = ReturnType<typeof createSetAside>;

const MAX_PAUSE_MS = 600_000;

/** @returns Besides the verbs, `said`: what is to be logged once the changes are on disk. */
export function createSetAside(outbox: OutboxStore, { submission, nowMs, log }: SetAsideParts) {
  const said: (() => void)[] = [];

  async function park(row: OutboxRow, reason: string): Promise<void> {
    const [{ meter }, day] = [row, isoDay(row.profile.day)];
    await outbox.park(row.id, reason);
    said.push(() => {
      log.error(
        { event: "parked", meter, day, reason },
        `Meter ${meter}, ${day} is parked, its energy stays in the registers: ${reason}`,
      );
    });
  }

  return {
    said,
    park,

    async markRecorded({ id, meter, profile }: OutboxRow, transaction: Hex): Promise<void> {
      await outbox.markRecorded(id, transaction);
      const day = isoDay(profile.day);
      said.push(() => {
        log.info({ event: "recorded", meter, day, transaction }, `Meter ${meter}, ${day} is on chain`);
      });
    },

    async reroute({ id, meter, profile }: OutboxRow): Promise<void> {
      await outbox.reroute(id, "share");
      const day = isoDay(profile.day);
      said.push(() => {
        log.info({ event: "rerouted", meter, day }, `Meter ${meter} shares: ${day} waits for its settlement`);
      });
    },

    async postpone(row: OutboxRow, reason: string): Promise<void> {
      if (row.attempts + 1 >= submission.maxAttempts) {
        await park(row, `given up after ${submission.maxAttempts} attempts: ${reason}`);
        return;
      }
      const { meter } = row;
      const pauseMs = Math.min(submission.retrySeconds * 1000 * 2 ** Math.min(row.attempts, 20), MAX_PAUSE_MS);
      await outbox.postpone(row.id, nowMs() + pauseMs, reason);
      const day = isoDay(row.profile.day);
      said.push(() => {
        log.warn(
          { event: "postponed", meter, day, reason, pauseMs },
          `Meter ${meter}, ${day} is tried again in ${Math.round(pauseMs / 1000)} s: ${reason}`,
        );
      });
    },
  };
}
