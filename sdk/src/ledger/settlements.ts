import type { Hex } from "viem";

import { meterNumber } from "../ids.ts";
import { enumWord } from "../meters.ts";
import { decodeOutcome, decodePayments } from "../settlement/logged.ts";
import { day } from "../time.ts";
import { baseUnits, wh } from "../units.ts";
import { positionOf } from "./position.ts";
import {
  type LateEntry,
  type LedgerEvent,
  type Named,
  type SettlementEntry,
  SKIP_REASONS,
  type TariffEntry,
} from "./types.ts";

/** What settlements log beside the settled day, by transaction. */
export function eventsBesideSettlements(events: readonly LedgerEvent[]): ReadonlyMap<Hex, readonly LedgerEvent[]> {
  return Map.groupBy(
    events.filter(({ eventName }) => eventName === "MeterUnfunded" || eventName === "MeterSkipped"),
    ({ transactionHash }) => transactionHash,
  );
}

/**
 * A settled day, with what else its transaction logged.
 *
 * @param beside - Events of that transaction.
 * @throws InvalidValueError when the event is not one of this contract.
 */
export function settlementOf(event: Named<"DaySettled">, beside: readonly LedgerEvent[]): SettlementEntry {
  const { args } = event;
  return {
    ...positionOf(event),
    day: day(args.day),
    settler: args.settler,
    clearedWh: wh(args.clearedWh),
    treasuryBaseUnits: baseUnits(args.treasuryBaseUnits),
    intervals: decodeOutcome(args),
    payments: decodePayments(args.payments),
    unfunded: beside.flatMap((other) => (other.eventName === "MeterUnfunded" ? [other.args] : [])),
    skipped: beside.flatMap((other) =>
      other.eventName === "MeterSkipped"
        ? [{ meter: meterNumber(other.args.meter), reason: enumWord("reason", SKIP_REASONS, other.args.reason) }]
        : [],
    ),
  };
}

/** A day that a settlement missed. */
export function lateDayOf(event: Named<"LateRecorded">): LateEntry {
  const { args } = event;
  return {
    ...positionOf(event),
    ...args,
    meter: meterNumber(args.meter),
    day: day(args.day),
    unattributedImportWh: wh(args.unattributedImportWh),
    unattributedExportWh: wh(args.unattributedExportWh),
  };
}

/** A queued tariff; undefined for any other event. */
export function tariffOf(event: LedgerEvent): TariffEntry | undefined {
  if (event.eventName !== "TariffQueued") return undefined;
  const { effectiveDay, communityPriceTicks, networkChargeTicks } = event.args;
  return { ...positionOf(event), effectiveDay: day(effectiveDay), communityPriceTicks, networkChargeTicks };
}
