import { encodeSkipped } from "@commonwatt/sdk/settlement/calldata";
import type { Settings } from "@commonwatt/sdk/settlement/types";
import { concatHex } from "viem";

import { honestCase, type SettleCase, tampered } from "./settle-case.ts";
import { DAY, type Resident } from "./street.ts";

const LEAVING: Settings = { sharing: false, community: false, askTicks: 0, bidTicks: 0 };
const COMMUNITY: Settings = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
const OWN: Settings = { sharing: true, community: false, askTicks: 901, bidTicks: 1_211 };

/** Meters whose word says something else than that they share and are due: each reason, each day around it. */
export function skipCases(of: SettleCase): SettleCase[] {
  const [first, ...others] = of.residents;
  if (first === undefined) throw new Error("There is no meter to skip.");
  const street = (changed: Resident): SettleCase => honestCase("skips", of.tariff, [changed, ...others]);
  const put = (name: string, changed: Resident): SettleCase => ({ ...street(changed), name });
  const state = (change: Partial<Resident["state"]>): Resident => ({ ...first, state: { ...first.state, ...change } });
  const queued = (effectiveDay: number, settings: Settings): Resident => ({
    ...state({ settingsQueued: true }),
    queuedSettings: { effectiveDay, settings },
  });
  const revoked = state({ active: false });
  const skipFirst = (changed: Resident, name: string, error: string): SettleCase => {
    const rest = honestCase("skips", of.tariff, others);
    const args = { ...rest.args, skipped: encodeSkipped([first.device]) };
    const announced = rest.announced | (1n << BigInt(first.state.seat));
    return tampered({ ...rest, residents: [changed, ...others], announced, args }, name, error, {});
  };
  const includeFirst = (changed: Resident, name: string, error: string): SettleCase =>
    tampered(street(first), name, error, { residents: [changed, ...others] });
  const consumed = state({ lastDay: DAY });
  const skippedTwice = street(consumed);
  const forcedFirst = honestCase("skips", of.tariff, of.residents, [first.device]);
  return [
    put("consumed that day", consumed),
    put("consumed later", state({ lastDay: DAY + 3 })),
    put("revoked before", revoked),
    put("revoked in the window", { ...revoked, revokedInWindow: true }),
    put("leaves that day", queued(DAY, LEAVING)),
    put("left before", queued(DAY - 1, LEAVING)),
    put("leaves the day after", queued(DAY + 1, LEAVING)),
    put("leaves later", queued(DAY + 2, LEAVING)),
    put("own limits that day", queued(DAY, OWN)),
    put("own limits the day after", queued(DAY + 1, OWN)),
    put("own limits later", queued(DAY + 2, OWN)),
    put("community that day", queued(DAY, COMMUNITY)),
    skipFirst(first, "skipped without reason", "NoReasonToSkip"),
    skipFirst({ ...revoked, revokedInWindow: true }, "skipped though revoked in the window", "NoReasonToSkip"),
    skipFirst(queued(DAY + 1, LEAVING), "skipped a day early", "NoReasonToSkip"),
    skipFirst(queued(DAY, OWN), "skipped for new limits", "NoReasonToSkip"),
    skipFirst(state({ sharing: false, lastDay: DAY }), "skipped one that does not share", "NoReasonToSkip"),
    includeFirst(consumed, "included though consumed", "DayNotAfterLast"),
    includeFirst(revoked, "included though revoked", "DeviceTombstoned"),
    includeFirst(queued(DAY, LEAVING), "included though leaving", "NotSharing"),
    includeFirst(state({ sharing: false }), "included though not sharing", "NotSharing"),
    tampered({ ...forcedFirst, residents: [consumed, ...others] }, "skipped though forced", "NoReasonToSkip", {
      args: { ...skippedTwice.args, skipped: encodeSkipped([first.device]) },
    }),
    tampered(skippedTwice, "skipped twice", "DuplicateMeter", {
      args: { ...skippedTwice.args, skipped: concatHex([skippedTwice.args.skipped, skippedTwice.args.skipped]) },
    }),
  ];
}
