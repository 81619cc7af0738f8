import type { Limits, Settings, Tariff } from "@commonwatt/sdk/settlement/types";

import { cents, centsPerKwh } from "../lib/format.ts";
import { parseCents } from "../lib/parse.ts";

/** What a person chooses between. */
export type Choice = "community" | "limits" | "hand";

/** A choice as somebody is making it. Limits are as typed, ct/kWh. */
export type SettingsDraft = { choice: Choice; ask: string; bid: string };

/** A draft worked out: the settings, or what is wrong with which limit. */
export type DraftOutcome = { settings: Settings } | { ask?: string; bid?: string };

export const CHOICE_NAMES: Record<Choice, string> = {
  community: "Community price",
  limits: "My two limits",
  hand: "By hand",
};

/** Which of the choices some settings are. */
export function choiceOf({ sharing, community }: Pick<Settings, "sharing" | "community">): Choice {
  return sharing ? (community ? "community" : "limits") : "hand";
}

/** Limits a meter trades under on a day of this tariff. */
export function limitsUnder(settings: Settings, tariff: Tariff): Limits {
  if (!settings.community) return { askTicks: settings.askTicks, bidTicks: settings.bidTicks };
  const { communityPriceTicks, networkChargeTicks } = tariff;
  return { askTicks: communityPriceTicks, bidTicks: communityPriceTicks + networkChargeTicks };
}

/** One sentence on what settings do, with the prices of a day. */
export function describeSettings(settings: Settings, tariff: Tariff): string {
  if (!settings.sharing) return "By hand: nothing is sold or bought by itself.";
  const { askTicks, bidTicks } = limitsUnder(settings, tariff);
  const name = settings.community ? "Community price" : "Two limits";
  return `${name}: sells from ${centsPerKwh(askTicks)} upwards, buys up to ${centsPerKwh(bidTicks)}, network charge included.`;
}

/**
 * A draft that begins with what is in force, or is queued already. Where no limits are set, those of the community
 * price stand in their place: moving them a little is what most people want.
 */
export function draftOf(settings: Settings, tariff: Tariff): SettingsDraft {
  const choice = choiceOf(settings);
  const { askTicks, bidTicks } = limitsUnder(choice === "limits" ? settings : { ...settings, community: true }, tariff);
  return { choice, ask: cents(askTicks), bid: cents(bidTicks) };
}

/** Works a draft out. */
export function resolveSettings(draft: SettingsDraft): DraftOutcome {
  if (draft.choice !== "limits") {
    return {
      settings: {
        sharing: draft.choice === "community",
        community: draft.choice === "community",
        askTicks: 0,
        bidTicks: 0,
      },
    };
  }
  const ask = parseCents(draft.ask);
  const bid = parseCents(draft.bid);
  if (ask.ok && bid.ok) {
    return { settings: { sharing: true, community: false, askTicks: ask.value, bidTicks: bid.value } };
  }
  return { ...(ask.ok ? {} : { ask: ask.message }), ...(bid.ok ? {} : { bid: bid.message }) };
}

export function sameSettings(a: Settings, b: Settings): boolean {
  return (
    a.sharing === b.sharing && a.community === b.community && a.askTicks === b.askTicks && a.bidTicks === b.bidTicks
  );
}
