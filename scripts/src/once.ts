import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Day, day as toDay, dayEnd } from "@commonwatt/sdk/time";
import { readLedger } from "@commonwatt/sdk/ledger/read";
import { ledgerOfDay } from "@commonwatt/sdk/ledger/day";
import type { Ledger } from "@commonwatt/sdk/ledger/types";

import type { Market } from "./bots/market.ts";
import { tradeDay } from "./bots/trading-day.ts";
import { MeterDriver, type TimedMessage } from "./meters/driver.ts";
import { MeterPublisher } from "./meters/publisher.ts";
import { auditLedger, type Expectation } from "./report/audit.ts";
import { type Totals, totalsOf } from "./report/totals.ts";
import { dayLine } from "./report/words.ts";
import { type Neighbourhood, withNeighbourhood } from "./run/neighbourhood.ts";
import { BASE_TOPIC, GRACE_SECONDS } from "./run/oracle-config.ts";
import { LedgerReader, waitForProfiles } from "./run/recorded.ts";
import type { StreetPlan } from "./run/street.ts";

/** What every home asks for its export, ticks: 0.15 EUR/kWh. A multiple of 10, so that money is exact. */
export const SELF_PRICE_TICKS = 1_500;

/** The oracle looks at the clock this often: there is no time to lose. */
const POLL_MS = 25;
/** Simulated seconds after a day's end at which its messages are published; well within the grace. */
const AFTER_DAY_SECONDS = 60;

export type OnceResult = {
  readonly totals: Totals;
  /** What the audit found wrong. */
  readonly failures: readonly string[];
  /** What was audited, against what. */
  readonly ledger: Ledger;
  readonly deployment: Deployment;
  readonly expectation: Expectation;
};

export type OnceSettings = {
  readonly plan: StreetPlan;
  readonly keep: boolean;
  readonly say: (line: string) => void;
  /** Messages that never leave the meter although its counters run on; for tests. */
  readonly lose?: (meter: number, message: TimedMessage) => boolean;
};

/**
 * Plays all days of a street as fast as the machine goes: meters publish, the oracle records, every home lists all it
 * exported at one price, buys what it can match to its imports, and uses it. The totals are the chain's.
 */
export async function runOnce(settings: OnceSettings, interrupt: AbortSignal): Promise<OnceResult> {
  const { plan, keep, say } = settings;
  const { street, capWh } = plan;
  const { firstDay, homes } = street;
  if (street.days === undefined) throw new Error("A run as fast as the machine goes needs a number of days.");
  const days = Array.from({ length: street.days }, (_, index) => toDay(firstDay + index));
  const neighbourhoodSettings = { homes, firstDay, capWh, pollMilliseconds: POLL_MS, keep, say };
  return withNeighbourhood(neighbourhoodSettings, interrupt, async (neighbourhood, signal) => {
    const publisher = await MeterPublisher.connect(neighbourhood.mqttUrl, BASE_TOPIC);
    try {
      const recorded = await playDays(settings, neighbourhood, publisher, days, signal);
      const { chain, deployment } = neighbourhood;
      const ledger = await readLedger(chain.client, deployment, { signal });
      const expectation = { recorded, now: await chain.now() };
      const failures = await auditLedger(deployment, ledger, expectation);
      return { totals: totalsOf(ledger), failures, ledger, deployment, expectation };
    } finally {
      await publisher.close();
    }
  });
}

/** @returns Which meter-days were measured, and so must be in the ledger. */
async function playDays(
  { plan, say, lose }: OnceSettings,
  neighbourhood: Neighbourhood,
  publisher: MeterPublisher,
  days: readonly Day[],
  signal: AbortSignal,
): Promise<{ meter: number; day: Day }[]> {
  const { chain, residents } = neighbourhood;
  const market: Market = neighbourhood;
  const drivers = residents.map((resident) => new MeterDriver(resident, plan.street.stepSeconds));
  const traders = residents.map((resident) => ({ ...resident, priceTicks: SELF_PRICE_TICKS }));
  const reader = new LedgerReader(neighbourhood);
  const recorded: { meter: number; day: Day }[] = [];
  for (const day of days) {
    signal.throwIfAborted();
    const startedAt = await chain.client.getBlockNumber();
    await chain.advanceTo(dayEnd(day) + AFTER_DAY_SECONDS);
    const batches = drivers.map((driver) => {
      const meter = driver.resident.meter;
      const messages = driver.messagesOfDay(day).filter((message) => lose?.(meter, message) !== true);
      return { driver, meter, messages };
    });
    await Promise.all(batches.map(({ driver, messages }) => driver.publish(publisher, messages, signal)));
    // A meter that fell silent before midnight: its day closes when the grace since its last message is over.
    if (batches.some(({ messages }) => (messages.at(-1)?.seconds ?? dayEnd(day)) < dayEnd(day))) {
      await chain.advanceTo((await chain.now()) + GRACE_SECONDS + AFTER_DAY_SECONDS);
    }
    const measured = batches.flatMap(({ meter, messages }) => (messages.length > 0 ? [meter] : []));
    const profiles = await waitForProfiles(reader, measured, day, signal);
    await tradeDay(market, traders, profiles, day);
    recorded.push(...measured.map((meter) => ({ meter, day })));
    const ledger = await readLedger(chain.client, neighbourhood.deployment, { fromBlock: startedAt + 1n });
    say(dayLine(day, totalsOf(ledgerOfDay(ledger, day))));
  }
  return recorded;
}
