import { setTimeout as pause } from "node:timers/promises";

import type { Logger } from "pino";

import type { Clock } from "../clock/clock.ts";
import { BILLING_MEANINGS } from "../config/check-meters.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { ChannelState } from "../registers/channel.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import type { Sql } from "../storage/sql.ts";

/** A small computer's clock stands or goes back while it is off; less than this is no sign of that. */
const TOLERANCE_MS = 120_000;
const LOOK_MS = 1_000;

/** Time of the last reading of each meter that has had one, unix milliseconds. */
export async function lastReadings(sql: Sql, meters: readonly MeterConfig[]): Promise<Map<number, number>> {
  const channels = await createMeterStore(sql).allChannels();
  const last = new Map<number, number>();
  for (const { meter, inputs } of meters) {
    for (const { input, meaning } of inputs) {
      const channel = BILLING_MEANINGS.includes(meaning) ? channels.get(meter)?.get(input) : undefined;
      if (channel?.meaning !== meaning) continue;
      last.set(meter, Math.max(last.get(meter) ?? 0, (channel.state as ChannelState).timeMs));
    }
  }
  return last;
}

/**
 * Waits while the clock shows a time before the last message that arrived: a small computer without a battery for its
 * clock begins in the past until the network has told it the time, and what it stamped until then would be wrong.
 */
export async function waitForClock(sql: Sql, clock: Clock, log: Logger, stopping: AbortSignal): Promise<void> {
  const lastMs = Number((await sql.get("SELECT max(arrival_ms) AS last FROM inbox"))?.["last"] ?? 0);
  const isBehind = () => clock.nowMs() < lastMs - TOLERANCE_MS;
  if (!isBehind()) return;
  const shown = { clock: new Date(clock.nowMs()).toISOString(), lastMessage: new Date(lastMs).toISOString() };
  log.warn(
    { event: "clock-behind", ...shown },
    `The clock shows ${shown.clock}, but the last message came at ${shown.lastMessage}: waiting until the clock is set`,
  );
  while (isBehind() && !stopping.aborted) {
    await pause(LOOK_MS, undefined, { signal: stopping }).catch(() => undefined);
    await clock.refresh();
  }
}
