import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import { createOutboxStore } from "../outbox/outbox-store.ts";
import type { Pipeline } from "../pipeline.ts";
import { countQuality } from "../profiles/build-profile.ts";
import type { GatewayMeter } from "./gateway-config.ts";

export type ClosingParts = {
  pipeline: Pick<Pipeline, "due" | "closeDays">;
  meters: readonly GatewayMeter[];
  log: Logger;
};

/**
 * Closes the days that are over and puts their profiles into the outbox, to be signed. A gateway asks nobody: the greatest
 * interval that the chain takes is in its config.
 *
 * @returns How many days it closed.
 */
export async function closeOver({ pipeline, meters, log }: ClosingParts): Promise<number> {
  let count = 0;
  for (const meter of await pipeline.due()) {
    const { capUnits = 0 } = meters.find((entry) => entry.meter === meter.meter) ?? {};
    const closed = await pipeline.closeDays(meter, capUnits, ({ profile }, sql) =>
      createOutboxStore(sql).add(meter.meter, profile),
    );
    count += closed.length;
    for (const { profile, overflowing } of closed) {
      const where = { meter: meter.meter, day: isoDay(profile.day) };
      const quality = countQuality(profile);
      log.info(
        { event: "closed", ...where, ...quality },
        `Meter ${where.meter}, ${where.day} is closed, ${quality.missing} intervals missing`,
      );
      if (overflowing.length === 0) continue;
      log.warn(
        { event: "overflow", ...where, intervals: overflowing },
        `Meter ${where.meter}, ${where.day}: ${overflowing.length} intervals above capUnits, ${capUnits}, are missing`,
      );
    }
  }
  return count;
}
