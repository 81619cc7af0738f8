import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { TransactionReceipt } from "viem";

import type { MarketReader } from "../chain/market.ts";
import { CallRefusedError, type NeighbourhoodCall, type Sender } from "../chain/sender.ts";
import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import { buildView, type Snapshot } from "./build-view.ts";
import { createHerald } from "./herald.ts";
import { type LateProfile, nextStep, type Step } from "./next-step.ts";
import { prepareSettlement } from "./prepare-settlement.ts";
import { reconcile } from "./reconcile.ts";
import { type SettlementStatus, statusOf } from "./status.ts";
import type { Street } from "./street.ts";
import type { View } from "./view.ts";

export type SettlerParts = {
  chain: MarketReader;
  street: Street;
  sender: Sender;
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

/** The operator of the day settlement. Keeps nothing that the chain and the outbox do not know. */
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

/** The chain's time is a moment behind, or somebody else was faster: the next look decides anew. */
const PASSING = [
  "DayNotOver",
  "DayStillOpen",
  "ForcingHour",
  "IsPaused",
  "NoWindow",
  "NotNextDay",
  "NotSharing",
  "StandsStill",
  "WindowHasClosed",
  "WindowNotYet",
];
const MAX_PAUSE_MS = 60_000;

export function createSettler(parts: SettlerParts): Settler {
  const { chain, street, sender, outbox, settlement, machineMs, log } = parts;
  const herald = createHerald(log);
  let status: SettlementStatus | undefined;
  let setbacks = 0;
  let resumeMs = 0;

  async function round(): Promise<boolean> {
    const nonce = await sender.nextNonce();
    const snapshot = await street.look();
    if (await reconcile({ chain, outbox, log }, snapshot)) return true;
    const view = await viewOf(snapshot);
    const step = nextStep(view);
    const { lastSettledDay } = snapshot;
    status = statusOf(view, step, { underWay: nonce === undefined, lastSettledDay });
    herald.look(view, step, snapshot);
    if (nonce === undefined || machineMs() < resumeMs) return false;
    try {
      const acted = await take(step, snapshot, nonce);
      setbacks = 0;
      return acted;
    } catch (error) {
      if (!(error instanceof CommonwattError)) throw error;
      setback(error);
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

  async function take(step: Step, snapshot: Snapshot, nonce: number): Promise<boolean> {
    switch (step.do) {
      case "announce":
        return announce(step, nonce);
      case "settle":
        return settle(step.day, nonce);
      case "apply":
        return apply(step.meters, nonce);
      case "late":
        return late(step.profiles, nonce);
      case "wait":
      case "nothing":
        return false;
    }
  }

  async function send(call: NeighbourhoodCall, nonce: number, onMined: (receipt: TransactionReceipt) => void) {
    const receipt = await sender.send(call, nonce);
    if (receipt === undefined) {
      const { functionName } = call;
      log.warn({ event: "not-mined", functionName }, `${functionName} was sent and is not mined yet`);
      return false;
    }
    onMined(receipt);
    return true;
  }

  function apply(meters: readonly number[], nonce: number): Promise<boolean> {
    return send({ functionName: "applyChanges", args: [meters] }, nonce, ({ transactionHash, logs }) => {
      const names = meters.join(", ");
      // Else it would be sent again and again.
      if (logs.length === 0)
        throw new CommonwattError(`No change of meter ${names} was due, transaction ${transactionHash}`);
      log.info(
        { event: "applied", meters, transaction: transactionHash },
        `Changes of meter ${names} are in force, as far as they were due`,
      );
    });
  }

  function announce({ day, bitmap, meters, missing }: Extract<Step, { do: "announce" }>, nonce: number) {
    return send({ functionName: "announce", args: [day, bitmap] }, nonce, ({ transactionHash: transaction }) => {
      const without = missing.length === 0 ? "" : `; without meter ${missing.join(", ")}, whose profiles are missing`;
      log.info(
        { event: "announced", day: isoDay(day), meters: meters.length, missing, transaction },
        `${isoDay(day)} is announced with ${meters.length} meters${without}`,
      );
    });
  }

  async function settle(day: Day, nonce: number): Promise<boolean> {
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
    return send(
      { functionName: "settleDay", args: [day, claims, batch, skipped] },
      nonce,
      ({ transactionHash: transaction, gasUsed }) => {
        const { payments, clearedWh, treasuryBaseUnits, unfunded } = plan.clearing;
        const facts = {
          meters: payments.length,
          clearedWh: Number(clearedWh),
          treasuryBaseUnits: Number(treasuryBaseUnits),
          unfunded: unfunded.map(({ meter }) => meter),
          skipped: plan.skipped.map(({ meter }) => meter),
          gasUsed: Number(gasUsed),
        };
        log.info(
          { event: "settled", day: isoDay(day), ...facts, transaction },
          `${isoDay(day)} is settled: ${facts.meters} meters shared ${facts.clearedWh} Wh`,
        );
      },
    );
  }

  /** One transaction each, the nonces in a row; the look that follows learns what became of them. */
  async function late(profiles: readonly LateProfile[], firstNonce: number): Promise<boolean> {
    let nonce = firstNonce;
    for (const profile of profiles) {
      const outcome = await recordLate(profile, nonce);
      if (outcome === "stuck") return false;
      if (outcome === "mined") nonce++;
    }
    return true;
  }

  async function recordLate(profile: LateProfile, nonce: number): Promise<"mined" | "stuck" | "refused"> {
    const { id, meter, day } = profile;
    const row = await outbox.find(meter, day);
    if (row?.signature === undefined) return "refused";
    const call = { functionName: "late", args: [toSignedProfile(row.profile, row.signature)] };
    try {
      const mined = await send(call, nonce, ({ transactionHash: transaction }) => {
        log.debug(
          { event: "late-sent", meter, day: isoDay(day), transaction },
          `Sent ${isoDay(day)} of meter ${meter}`,
        );
      });
      return mined ? "mined" : "stuck";
    } catch (error) {
      if (!(error instanceof CallRefusedError)) throw error;
      const { verdict, reason, error: name } = error.refusal;
      if (verdict === "never" && !PASSING.includes(name)) {
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

  function setback(error: CommonwattError): void {
    const passing = error instanceof CallRefusedError && PASSING.includes(error.refusal.error);
    const pauseMs = passing ? 0 : Math.min(parts.retrySeconds * 1000 * 2 ** Math.min(setbacks++, 16), MAX_PAUSE_MS);
    resumeMs = machineMs() + pauseMs;
    const reason = error.shortMessage;
    if (passing) log.debug({ event: "not-yet", reason }, reason);
    else {
      log.warn(
        { event: "settlement-setback", reason, pauseMs },
        `The day settlement does not get on, trying again in ${Math.round(pauseMs / 1000)} s: ${reason}`,
      );
    }
  }

  return { round, status: () => status };
}
