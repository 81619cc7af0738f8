import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { MarketReader } from "../chain/market.ts";
import { CallRefusedError, type Sender } from "../chain/sender.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import { buildView, type Snapshot } from "./build-view.ts";
import { createHerald } from "./herald.ts";
import { type LateProfile, nextStep, type Step } from "./next-step.ts";
import { prepareSettlement } from "./prepare-settlement.ts";
import { reconcile } from "./reconcile.ts";
import { isPassing, SETTLEMENT_KINDS, type Setbacks } from "./setbacks.ts";
import { type SettlementStatus, statusOf } from "./status.ts";
import type { Street } from "./street.ts";
import type { View } from "./view.ts";

export type SettlerParts = {
  chain: MarketReader;
  street: Street;
  sender: Sender;
  submitter: Pick<Submitter, "isFree" | "underWay" | "countsFrom">;
  setbacks: Setbacks;
  outbox: OutboxStore;
  settlement: Config["settlement"];
  graceSeconds: number;
  retrySeconds: number;
  /** Time on chain at the latest block, unix seconds, to the time that windows are judged by. */
  now: (latestTimestamp: number) => number;
  /** See `View.closedAsOf`; -Infinity before the first look. */
  closedAsOf: () => number;
  startedAt: number;
  /** Unix milliseconds of the machine's clock: pauses after setbacks run in real time. */
  machineMs: () => number;
  log: Logger;
};

/** The operator of the day settlement. Keeps nothing that the chain and the two outboxes do not know. */
export type Settler = {
  /**
   * Looks, decides, and takes one step.
   *
   * @returns Whether it did something.
   * @throws When the node does not answer: nothing is lost, call again later.
   */
  round(): Promise<boolean>;
  /** Undefined before the first look. */
  status(): SettlementStatus | undefined;
};

export function createSettler(parts: SettlerParts): Settler {
  const { chain, street, sender, submitter, setbacks, outbox, settlement, machineMs, log } = parts;
  const herald = createHerald(log);
  let status: SettlementStatus | undefined;

  async function round(): Promise<boolean> {
    // Before the look: what counts by now must be in it.
    const pending = submitter.underWay(...SETTLEMENT_KINDS);
    const countsFrom = submitter.countsFrom(...SETTLEMENT_KINDS);
    const snapshot = await street.look();
    // An endpoint that is behind does not show what has been done.
    if (snapshot.block < countsFrom) return false;
    if (await reconcile({ chain, outbox, log }, snapshot)) return true;
    const view = await viewOf(snapshot);
    const step = nextStep(view);
    const { lastSettledDay } = snapshot;
    const underWay = pending.length > 0 || !submitter.isFree();
    status = statusOf(view, step, { underWay, lastSettledDay });
    herald.look(view, step, snapshot);
    if (!submitter.isFree() || machineMs() < setbacks.resumeMs()) return false;
    // The state does not show yet what is under way; decided on it, the same would be sent again.
    const mayAct =
      pending.length === 0 || (step.do === "late" && pending.every((purpose) => purpose.startsWith("late ")));
    if (!mayAct) return false;
    try {
      return await take(step, pending);
    } catch (error) {
      if (!(error instanceof CommonwattError)) throw error;
      setbacks.failed(error);
      return false;
    }
  }

  async function viewOf(snapshot: Snapshot & { latestTimestamp: number }): Promise<View> {
    const { graceSeconds, startedAt } = parts;
    return buildView({
      snapshot,
      waiting: await outbox.waiting(),
      unrecorded: await outbox.unrecorded(),
      machineMs: machineMs(),
      now: parts.now(snapshot.latestTimestamp),
      closedAsOf: parts.closedAsOf(),
      startedAt,
      graceSeconds,
      deadlineSeconds: settlement.deadlineSeconds,
      enabled: settlement.enabled,
    });
  }

  async function take(step: Step, pending: readonly string[]): Promise<boolean> {
    switch (step.do) {
      case "announce":
        return announce(step);
      case "settle":
        return settle(step.day);
      case "apply":
        return apply(step.meters);
      case "late":
        return late(step.profiles, pending);
      case "wait":
      case "nothing":
        return false;
    }
  }

  function apply(meters: readonly number[]): Promise<boolean> {
    const msg = `Changes of meter ${meters.join(", ")} are in force, as far as they were due`;
    return sender.send({ functionName: "applyChanges", args: [meters] }, `apply ${meters.join(",")}`, {
      event: "applied",
      msg,
      meters,
    });
  }

  function announce({ day, bitmap, meters, missing }: Extract<Step, { do: "announce" }>): Promise<boolean> {
    const without = missing.length === 0 ? "" : `; without meter ${missing.join(", ")}, whose profiles are missing`;
    return sender.send({ functionName: "announce", args: [day, bitmap] }, `announce ${day}`, {
      event: "announced",
      msg: `${isoDay(day)} is announced with ${meters.length} meters${without}`,
      day: isoDay(day),
      meters: meters.length,
      missing,
    });
  }

  async function settle(day: Day): Promise<boolean> {
    // What everybody is paid by is read anew, not followed by events.
    street.forget();
    const snapshot = await street.look();
    const plan = await prepareSettlement(chain, outbox, snapshot, day);
    const { claims, batch, skipped } = plan.args;
    for (const { meter, reason } of plan.unfit) {
      log.warn(
        { event: "unfit", meter, day: isoDay(day), reason },
        `Meter ${meter}, ${isoDay(day)} takes no part in the settlement: ${reason}`,
      );
    }
    const { payments, clearedWh, treasuryBaseUnits, unfunded } = plan.clearing;
    return sender.send({ functionName: "settleDay", args: [day, claims, batch, skipped] }, `settle ${day}`, {
      event: "settled",
      msg: `${isoDay(day)} is settled: ${payments.length} meters shared ${Number(clearedWh)} Wh`,
      day: isoDay(day),
      meters: payments.length,
      clearedWh: Number(clearedWh),
      treasuryBaseUnits: Number(treasuryBaseUnits),
      unfunded: unfunded.map(({ meter }) => meter),
      skipped: plan.skipped.map(({ meter }) => meter),
    });
  }

  /** One transaction, for the first of them that is not under way; the others follow as soon as it is mined. */
  async function late(profiles: readonly LateProfile[], pending: readonly string[]): Promise<boolean> {
    for (const profile of profiles) {
      if (pending.includes(purposeOfLate(profile))) continue;
      const outcome = await sendLate(profile);
      if (outcome !== "refused") return outcome === "sent";
    }
    return false;
  }

  async function sendLate(profile: LateProfile): Promise<"sent" | "waits" | "refused"> {
    const { id, meter, day } = profile;
    const row = await outbox.find(meter, day);
    if (row?.signature === undefined) return "refused";
    const call = { functionName: "late", args: [toSignedProfile(row.profile, row.signature)] };
    try {
      return (await sender.send(call, purposeOfLate(profile))) ? "sent" : "waits";
    } catch (error) {
      if (!(error instanceof CallRefusedError)) throw error;
      const { verdict, reason } = error.refusal;
      const isFinal =
        verdict === "never" && !isPassing(error) && (await sender.confirmRefusal(call))?.verdict === "never";
      if (isFinal) {
        await outbox.park(id, reason);
        log.error(
          { event: "parked", meter, day: isoDay(day), reason },
          `Meter ${meter}, ${isoDay(day)} is parked, its energy stays in the registers: ${reason}`,
        );
      } else {
        await outbox.postpone(id, machineMs() + parts.retrySeconds * 1000, reason);
      }
      return "refused";
    }
  }

  return { round, status: () => status };
}

const purposeOfLate = ({ meter, day }: LateProfile) => `late ${meter} ${day}`;
