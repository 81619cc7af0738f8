import { toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { type PlannedMeter, planSettlement, type SettlementPlan } from "@commonwatt/sdk/settlement/plan";

import type { MarketReader, MeterOnChain } from "../chain/market.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import type { Snapshot } from "./build-view.ts";

/**
 * Solves an announced day from the state that stands still in its window: the announced meters with their profiles from
 * the outbox, and the forced ones with what was forced, whoever they belong to.
 *
 * @throws InvalidValueError when an announced seat has neither a profile here nor a reason on chain to leave it out.
 */
export async function prepareSettlement(
  chain: MarketReader,
  outbox: Pick<OutboxStore, "find">,
  { block, meters }: Snapshot,
  day: number,
): Promise<SettlementPlan> {
  const [bitmap, tariff, { forced, revoked }] = await Promise.all([
    chain.announced(block),
    chain.tariffOf(day, block),
    chain.windowOf(day, block),
  ]);
  const own = new Map(meters.map((meter) => [meter.meter, meter]));
  for (const { meter } of forced) {
    const stranger = own.has(meter) ? undefined : await chain.meter(meter, block);
    if (stranger !== undefined) own.set(meter, stranger);
  }
  const forcedProfiles = new Map(forced.map(({ meter, profile }) => [meter, profile]));
  const planned: PlannedMeter[] = [];
  for (const meter of own.values()) {
    const profile = forcedProfiles.get(meter.meter) ?? (await kept(outbox, meter, day));
    planned.push(toPlanned(meter, profile, revoked.has(meter.meter)));
  }
  return planSettlement({ day, tariff, bitmap, forced: forced.map(({ device }) => device), meters: planned });
}

function toPlanned(
  { device, state, settings }: MeterOnChain,
  profile: PlannedMeter["profile"],
  revokedInWindow: boolean,
): PlannedMeter {
  return {
    device,
    state,
    revokedInWindow,
    ...(settings === undefined ? {} : { queuedSettings: settings }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** The profile in the outbox, if the meter's current device signed it. */
async function kept(
  outbox: Pick<OutboxStore, "find">,
  { meter, device }: MeterOnChain,
  day: number,
): Promise<PlannedMeter["profile"]> {
  const row = await outbox.find(meter, day);
  if (row?.signature === undefined || row.device?.toLowerCase() !== device.toLowerCase()) return undefined;
  return toSignedProfile(row.profile, row.signature);
}
