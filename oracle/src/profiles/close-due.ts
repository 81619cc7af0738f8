import { isoDay } from "@commonwatt/sdk/time";
import { BaseError } from "viem";

import { prepareToClose, type RegistrationParts } from "../chain/registration.ts";
import type { MeterConfig } from "../config/schema.ts";
import { createOutboxStore } from "../outbox/outbox-store.ts";
import type { Pipeline } from "../pipeline.ts";
import { LeaseLostError } from "../storage/errors.ts";
import type { MeterStore } from "../storage/meter-store.ts";
import { countQuality } from "./build-profile.ts";
import type { ClosedDay } from "./close-days.ts";

export type CloserParts = {
  pipeline: Pick<Pipeline, "due" | "closeDays" | "adopt">;
  store: MeterStore;
  registration: RegistrationParts;
};

/**
 * Closes the days that are over, meter by meter, and puts their profiles into the outbox. A meter that cannot be closed
 * holds up no other: its trouble is logged once, and it is tried again with each call.
 *
 * @returns A call that says how many days it closed. It throws, once all meters have had their turn, when the node did
 * not answer: that is no meter's trouble, and what could not be closed is not to be taken for missing.
 */
export function createCloser({ pipeline, store, registration }: CloserParts): () => Promise<number> {
  const { log } = registration;
  /** What was last said of a meter. */
  const troubles = new Map<number, string>();

  async function close(meter: MeterConfig): Promise<number> {
    const { maxUnits, routeOf } = await prepareToClose(meter, { store, pipeline }, registration);
    const closed = await pipeline.closeDays(meter, maxUnits, ({ profile }, sql) =>
      createOutboxStore(sql).add(meter.meter, profile, routeOf(profile.day)),
    );
    for (const day of closed) tell(day, maxUnits);
    return closed.length;
  }

  function tell({ meter, profile, overflowing, disagreement }: ClosedDay, maxUnits: number): void {
    const where = { meter, day: isoDay(profile.day) };
    const quality = countQuality(profile);
    log.info(
      { event: "closed", ...where, ...quality },
      `Meter ${where.meter}, ${where.day} is closed, ${quality.missing} intervals missing`,
    );
    if (disagreement !== undefined) {
      log.warn(
        { event: "disagreement", ...where, ...disagreement },
        `Meter ${where.meter}, ${where.day}: the counters say ${disagreement.counterNetWh} Wh net, the power ${disagreement.powerNetWh} Wh; the counters are billed, ${disagreement.intervals} intervals as estimates`,
      );
    }
    if (overflowing.length === 0) return;
    log.warn(
      { event: "overflow", ...where, intervals: overflowing },
      `Meter ${where.meter}, ${where.day}: ${overflowing.length} intervals above the cap of ${maxUnits} units are missing`,
    );
  }

  function complain(meter: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (troubles.get(meter) === reason) return;
    troubles.set(meter, reason);
    log.error({ event: "not-closed", meter, reason }, `The days of meter ${meter} cannot be closed: ${reason}`);
  }

  return async () => {
    let count = 0;
    let silent: BaseError | undefined;
    for (const meter of await pipeline.due()) {
      try {
        count += await close(meter);
        troubles.delete(meter.meter);
      } catch (error) {
        if (error instanceof BaseError) silent = error;
        // It is another process's turn with this meter.
        else if (!(error instanceof LeaseLostError)) complain(meter.meter, error);
      }
    }
    if (silent !== undefined) throw silent;
    return count;
  };
}
