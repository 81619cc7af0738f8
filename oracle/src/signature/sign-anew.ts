import { isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { OutboxStore } from "../outbox/outbox-store.ts";
import type { Roster } from "./roster.ts";

/**
 * Has signed again what a device signed that was replaced before the chain took it: nothing of its own is recorded any
 * more. Parked profiles are among them, for the chain may have refused them before the change was noticed.
 *
 * @returns How many wait for their signature again.
 */
export async function signAnew(
  outbox: Pick<OutboxStore, "signedOf" | "unsign">,
  roster: Pick<Roster, "get" | "rotating">,
  log: Logger,
): Promise<number> {
  let count = 0;
  for (const [meter, lastDay] of roster.rotating()) {
    for (const { id, day, device } of await outbox.signedOf(meter)) {
      const next = roster.get(meter, day);
      if (day <= lastDay || next === undefined || next.toLowerCase() === device.toLowerCase()) continue;
      await outbox.unsign(id);
      count++;
      log.info(
        { event: "signed-anew", meter, day: isoDay(day), device: next },
        `Meter ${meter}, ${isoDay(day)} is signed anew by ${next}, which has taken over from ${device}`,
      );
    }
  }
  return count;
}
