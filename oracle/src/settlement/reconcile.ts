import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { MarketReader, MeterOnChain, SettledDay } from "../chain/market.ts";
import type { OutboxStore, WaitingProfile } from "../outbox/outbox-store.ts";
import { type Snapshot, sharesOn } from "./build-view.ts";

export type ReconcileParts = {
  chain: Pick<MarketReader, "settledDay" | "lateTransaction">;
  outbox: OutboxStore;
  log: Logger;
};

/**
 * Learns from the chain what became of the profiles that wait for a settlement, whoever sent it: consumed days are done,
 * and a day on which the meter trades by itself after all goes the way of `record`.
 *
 * @returns Whether anything changed.
 */
export async function reconcile(parts: ReconcileParts, { meters, block }: Snapshot): Promise<boolean> {
  const onChain = new Map(meters.map((meter) => [meter.meter, meter]));
  const settledDays = new Map<number, SettledDay | undefined>();
  let changed = await takeBack(parts, onChain);
  for (const row of await parts.outbox.waiting()) {
    const meter = onChain.get(row.meter);
    if (meter === undefined) continue;
    if (meter.state.lastDay >= row.day) {
      if (!settledDays.has(row.day)) settledDays.set(row.day, await parts.chain.settledDay(row.day, block));
      await finish(parts, row, settledDays.get(row.day), block);
      changed = true;
    } else if (!meter.state.sharing && !sharesOn(meter, row.day)) {
      await parts.outbox.reroute(row.id, "record");
      changed = true;
    }
  }
  return changed;
}

/** Profiles that counted as settled or late, and that the chain, reorganised since, knows nothing of. */
async function takeBack({ outbox, log }: ReconcileParts, onChain: ReadonlyMap<number, MeterOnChain>): Promise<boolean> {
  if (onChain.size === 0) return false;
  const oldest = Math.min(...[...onChain.values()].map(({ state }) => state.lastDay));
  let changed = false;
  for (const row of await outbox.sharedAfter(oldest)) {
    const lastDay = onChain.get(row.meter)?.state.lastDay;
    if (lastDay === undefined || lastDay >= row.day) continue;
    await outbox.unshare(row.id);
    const where = { meter: row.meter, day: isoDay(row.day) };
    log.warn(
      { event: "undone", ...where },
      `Meter ${where.meter}, ${where.day} counted as settled and the chain has undone it: it waits for its settlement again`,
    );
    changed = true;
  }
  return changed;
}

async function finish(
  { chain, outbox, log }: ReconcileParts,
  { id, meter, day }: WaitingProfile,
  settled: SettledDay | undefined,
  block: bigint,
): Promise<void> {
  const where = { meter, day: isoDay(day) };
  if (settled?.meters.has(meter) === true) {
    const transaction = settled.transactionHash;
    await outbox.markShared(id, "settled", transaction);
    log.info({ event: "shared", ...where, transaction }, `Meter ${meter}, ${where.day} is settled`);
    return;
  }
  const transaction = await chain.lateTransaction(meter, day, block);
  if (transaction !== undefined) {
    await outbox.markShared(id, "late", transaction);
    log.warn(
      { event: "late", ...where, transaction },
      `Meter ${meter}, ${where.day} was late: its registers are on chain, its energy is not shared`,
    );
    return;
  }
  const reason = "the chain is past this day";
  await outbox.park(id, reason);
  log.error(
    { event: "parked", ...where, reason },
    `Meter ${meter}, ${where.day} is parked, its energy stays in the registers: ${reason}`,
  );
}
