import { setTimeout as pause } from "node:timers/promises";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import { z } from "zod";

import type { Say } from "../community/open.ts";

const LOOK_MS = 1_000;
const REQUEST_MS = 10_000;

/** What is read of `GET /api/health`. */
const healthSchema = z.object({
  outbox: z.object({ recorded: z.number() }),
  meters: z.array(z.object({ meter: z.number(), lastReading: z.string().nullable() })),
  settlement: z
    .object({
      nextDay: z.number(),
      lastSettledDay: z.number().nullable(),
      waitingFor: z.enum(["profiles", "window", "hour", "confirmation", "nothing"]),
      wakeAt: z.number().nullable(),
      awaited: z.array(z.number()),
      sharingMeters: z.number(),
    })
    .nullable(),
});
type Health = z.infer<typeof healthSchema>;

/** What is waited for. */
export type Until = "recorded" | "settled";

/**
 * Says in plain words what the oracle waits for, each time it changes, until its first day is on chain.
 *
 * @param url - Of `GET /api/health`.
 * @throws CommonwattError when it does not answer at all, or not get there in time.
 */
export async function watch(
  url: string,
  { until, say, minutes }: { until: Until; say: Say; minutes: number },
): Promise<void> {
  const deadline = Date.now() + minutes * 60_000;
  let said = "";
  for (;;) {
    const health = await look(url);
    const { sentence, done } = describe(health, until);
    if (sentence !== said) say(sentence);
    said = sentence;
    if (done) return;
    if (Date.now() > deadline) {
      throw new CommonwattError(`After ${minutes} minutes the first day is not ${until}. The last was: ${sentence}`);
    }
    await pause(LOOK_MS);
  }
}

async function look(url: string): Promise<Health | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    return healthSchema.parse(await response.json());
  } catch (error) {
    if (error instanceof z.ZodError) {
      throw new CommonwattError(`${url} does not answer as an oracle does: another program has its port`);
    }
    return undefined;
  }
}

/** Where the first day stands, in a sentence. */
export function describe(health: Health | undefined, until: Until): { sentence: string; done: boolean } {
  const going = (sentence: string) => ({ sentence, done: false });
  if (health === undefined) return going('The oracle does not answer yet: start it with "commonwatt-oracle run".');
  const { settlement, meters, outbox } = health;
  const settled = settlement?.lastSettledDay ?? null;
  if (settled !== null) return { sentence: `${isoDay(settled as Day)} is settled: the first day is done.`, done: true };
  const { recorded } = outbox;
  if (until === "recorded" && recorded > 0) {
    return {
      sentence: `The first ${recorded === 1 ? "day is" : `${recorded} days are`} recorded on chain.`,
      done: true,
    };
  }
  const silent = meters.filter(({ lastReading }) => lastReading === null).map(({ meter }) => meter);
  if (silent.length > 0) {
    return going(`Waiting for the first reading of meter ${silent.join(", ")}: see docs/devices.md if none comes.`);
  }
  if (settlement === null || settlement.sharingMeters === 0) {
    const next = "The readings of all meters arrive. The day ends at midnight UTC, and is recorded soon after.";
    return going(
      until === "recorded"
        ? next
        : `${next} Nobody shares today: an owner who turns sharing on in the dApp begins the day after.`,
    );
  }
  return going(describeSettlement(settlement));
}

function describeSettlement(settlement: NonNullable<Health["settlement"]>): string {
  const day = isoDay(settlement.nextDay as Day);
  const { waitingFor, wakeAt, awaited } = settlement;
  const when = wakeAt === null ? "" : ` (until ${new Date(wakeAt * 1000).toISOString().slice(0, 16)} UTC)`;
  if (waitingFor === "profiles") {
    const missing = awaited.length === 0 ? "" : ` Still missing: meter ${awaited.join(", ")}.`;
    return `${day} is over and waits for its readings${when}.${missing}`;
  }
  if (waitingFor === "hour") return `${day} is announced: the first hour belongs to members who were left out${when}.`;
  if (waitingFor === "confirmation") return `${day}: a transaction is on its way.`;
  return `${day} is the first that is shared. There is nothing to do for now${when}.`;
}
