import { eventsOf } from "../community/look.ts";
import type { Community } from "../community/open.ts";

type Settings = { sharing: boolean; community: boolean; askTicks: number; bidTicks: number };

/**
 * How each meter traded last, or was about to, by the events: a meter that is closed has no settings any more.
 *
 * @returns Of meters that ever had settings.
 */
export async function lastSettings(community: Community): Promise<Map<number, Settings>> {
  const settings = new Map<number, Settings>();
  for (const { args } of await eventsOf(community, ["SettingsQueued"])) settings.set(args.meter, args);
  return settings;
}

/** Block in which the first of some meters was closed; undefined when all are open. */
export async function firstClosing(community: Community, meters: ReadonlySet<number>): Promise<bigint | undefined> {
  const closed = await eventsOf(community, ["MeterClosed"]);
  return closed.find(({ args }) => meters.has(args.meter))?.blockNumber;
}
