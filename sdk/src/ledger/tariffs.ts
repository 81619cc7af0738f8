import type { Client } from "viem";
import { getBlock } from "viem/actions";

import type { Tariff } from "../settlement/types.ts";
import { type Day, dayOf } from "../time.ts";
import { byPosition } from "./position.ts";
import type { Position, TariffEntry } from "./types.ts";

/**
 * The tariff of a day by what was logged before some moment. A tariff whose first day has not begun when the next is
 * queued never counts.
 *
 * @param client - Asked for the times of blocks that the entries do not carry.
 * @param tariffs - In the order of the chain, from the deployment on.
 * @returns Undefined where no tariff of that day is among them.
 */
export async function tariffByEvents(
  client: Client,
  tariffs: readonly TariffEntry[],
  day: Day,
  before: Pick<Position, "blockNumber" | "logIndex">,
): Promise<Tariff | undefined> {
  const kept: TariffEntry[] = [];
  for (const entry of tariffs.filter((other) => byPosition(other, before) < 0)) {
    const last = kept.at(-1);
    if (last !== undefined && last.effectiveDay > (await dayOfEntry(client, entry))) kept.pop();
    kept.push(entry);
  }
  const found = kept.findLast(({ effectiveDay }) => effectiveDay <= day);
  return found && { communityPriceTicks: found.communityPriceTicks, networkChargeTicks: found.networkChargeTicks };
}

async function dayOfEntry(client: Client, { timestamp, blockNumber }: Position): Promise<Day> {
  return dayOf(timestamp ?? (await getBlock(client, { blockNumber })).timestamp);
}
