import { hashSignedProfile } from "@commonwatt/sdk/profile-signing";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { dayEnd, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Hex } from "viem";

import type { MessageHandler } from "../sources/message.ts";
import { createDayStore, type DayStanding, type SignedDay } from "./day-store.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { decodeReceipt, encodeShown, type Receipt, type ReceiptState } from "./message.ts";
import type { ChainProof } from "./proof.ts";
import { edgeTopic, parseEdgeTopic } from "./topics.ts";
import type { Sql } from "../storage/sql.ts";

export type ShowingParts = {
  config: Pick<GatewayConfig, "neighbourhood" | "receipts" | "meters">;
  database: Sql;
  /** Hands a message to the relay's broker, unless that is away: what it returns. */
  publish: (topic: string, payload: string) => boolean;
  proof: ChainProof | undefined;
  nowMs: () => number;
  log: Logger;
};

/** Days that are shown or looked up in one round. */
const BATCH = 16;
/** Pauses between showings of a day that nobody has acknowledged double up to the longest. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 900_000;
/** What the relay's clock may differ by before it is told: it is told, never followed. */
const SKEW_SECONDS = 120;
const BEFORE_ALL = { meter: 0, day: -1 };

const STANDING_OF: Readonly<Record<ReceiptState, DayStanding>> = {
  taken: "taken",
  recorded: "claimed",
  settled: "claimed",
  late: "claimed",
  refused: "refused",
  rejected: "refused",
  // Nothing is wrong: it is shown again.
  early: "new",
};

/**
 * Shows the signed days to the relay until it has them, asks what became of them until they are on chain, and looks there
 * itself where a node is known. Nothing the relay says can change a profile, or have one signed: it can only be believed or
 * not.
 */
export function createShowing({ config, database, publish, proof, nowMs, log }: ShowingParts) {
  const { neighbourhood: street, receipts, meters } = config;
  const days = createDayStore(database);
  const domain = neighbourhoodDomain({ chainId: street.chainId, neighbourhood: street.address });
  const at = { chainId: street.chainId, neighbourhood: street.address };
  const own = new Set(meters.map(({ meter }) => meter));
  /** When the alarm of a day was last raised. */
  const alarmed = new Map<string, number>();
  let skewSeconds: number | undefined;
  /** The day that was looked up on chain last. */
  let lookedUp: { meter: number; day: number } = BEFORE_ALL;

  const digestOf = ({ profile }: SignedDay): Hex => hashSignedProfile(domain, profile);
  const isDone = (standing: DayStanding) => standing === "proven" || (standing === "claimed" && proof === undefined);

  async function show(of: SignedDay, pauseMs: number): Promise<void> {
    const { meter, day, device, profile } = of;
    const message = encodeShown({ chainId: street.chainId, neighbourhood: street.address, meter, device, profile });
    if (!publish(edgeTopic(at, { kind: "profiles", meter, day }), message)) return;
    await days.markShown(meter, day, nowMs() + pauseMs);
    log.debug({ event: "shown", meter, day: isoDay(day) }, `Meter ${meter}, ${isoDay(day)} is shown to the relay`);
  }

  async function take(receipt: Receipt): Promise<void> {
    const { meter, day, state, digest, transaction, reason } = receipt;
    const of = await days.find(meter, day);
    // Of another profile, of a day that was never signed, or of one that is settled beyond the relay's word.
    if (of === undefined || digest !== digestOf(of) || of.standing === "proven") return;
    noteClock(receipt.at);
    const claims = STANDING_OF[state];
    // On chain without a transaction is no claim that anybody could look up.
    const standing = claims === "claimed" && transaction === undefined ? "taken" : claims;
    const pauseMs = standing === "new" ? FIRST_PAUSE_MS * 6 : receipts.askSeconds * 1000;
    await days.tell(receipt, standing, nowMs() + pauseMs);
    if (standing === of.standing) return;
    const where = { event: "receipt", meter, day: isoDay(day), state };
    const told = `The relay says of meter ${meter}, ${where.day}: ${state}`;
    if (standing === "refused") log.error({ ...where, reason }, `${told}, for ${reason ?? "no reason"}`);
    else log.info(transaction === undefined ? where : { ...where, transaction }, told);
  }

  function noteClock(relaySeconds: number): void {
    const off = Math.round(nowMs() / 1000) - relaySeconds;
    const isOff = Math.abs(off) > SKEW_SECONDS;
    if (isOff && skewSeconds === undefined) {
      log.warn(
        { event: "clock-differs", seconds: off },
        `This gateway's clock is ${Math.abs(off)} s ${off > 0 ? "ahead of" : "behind"} the relay's; days begin and end by this clock, so set it right`,
      );
    }
    skewSeconds = isOff ? off : undefined;
  }

  async function prove(): Promise<number> {
    if (proof === undefined) return 0;
    let proven = 0;
    const open = await days.open(lookedUp, BATCH);
    // Days that nobody can prove any more must not keep others from being looked up: round by round it is everyone's turn.
    lookedUp = open.length < BATCH ? BEFORE_ALL : (open.at(-1) ?? BEFORE_ALL);
    for (const of of open) {
      if ((await proof.isOnChain(of)) !== true) continue;
      await days.markProven(of.meter, of.day);
      proven++;
      const where = { event: "on-chain", meter: of.meter, day: isoDay(of.day) };
      log.info(where, `Meter ${of.meter}, ${where.day} is on chain: looked up, not believed`);
    }
    return proven;
  }

  return {
    isDone,
    /** Takes a message from the relay's broker. What is no receipt of ours is left alone. */
    handle: (async ({ topic, payload }) => {
      const named = parseEdgeTopic(at, topic);
      if (named?.kind !== "receipts" || !own.has(named.meter)) return;
      try {
        const receipt = decodeReceipt(payload);
        if (receipt.meter === named.meter && receipt.day === named.day) await take(receipt);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.debug({ event: "bad-receipt", reason }, `What the relay said is no receipt: ${reason}`);
      }
    }) satisfies MessageHandler,

    /** Shows what is due. */
    async round(): Promise<void> {
      const now = nowMs();
      const fresh = await days.toShow(now, BATCH);
      for (const of of fresh) {
        const shown = await days.shown(of.meter, of.day);
        await show(of, Math.min(FIRST_PAUSE_MS * 2 ** Math.min(shown, 20), LONGEST_PAUSE_MS));
      }
      for (const of of await days.toAsk(now, BATCH)) await show(of, receipts.askSeconds * 1000);
    },

    prove,

    /** Days that are overdue: signed, and not known to be on chain so long after their end. Says so once a day each. */
    async overdue(): Promise<SignedDay[]> {
      const now = nowMs();
      const late = (await days.all()).filter(
        ({ standing, day }) => !isDone(standing) && now >= dayEnd(day) * 1000 + receipts.alarmHours * 3_600_000,
      );
      for (const of of late) {
        const key = `${of.meter} ${of.day}`;
        if (now - (alarmed.get(key) ?? -Infinity) < 86_400_000) continue;
        alarmed.set(key, now);
        const where = { event: "withheld", meter: of.meter, day: isoDay(of.day), standing: of.standing };
        log.error(
          { ...where, ...(of.reason === undefined ? {} : { reason: of.reason }) },
          `Meter ${of.meter}, ${where.day} is not known to be on chain ${receipts.alarmHours} hours after its end (${SAID[of.standing]}). ` +
            `Ask the operator, or hand it in another way: "edge export" writes it down`,
        );
      }
      return late;
    },

    skewSeconds: () => skewSeconds,
  };
}

/** What is known of a day, for a sentence. */
export const SAID: Readonly<Record<DayStanding, string>> = {
  new: "the relay has not said that it has it",
  taken: "the relay says that it has it",
  claimed: "the relay says that it is on chain, and the chain does not show it",
  proven: "the chain shows it",
  refused: "the relay says that it is refused",
};
