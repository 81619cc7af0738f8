import type { Deployment } from "@commonwatt/sdk/deployment";
import { type Day, day as toDay, dayEnd } from "@commonwatt/sdk/time";
import { readLedger } from "@commonwatt/sdk/ledger/read";
import { ledgerOfDay } from "@commonwatt/sdk/ledger/day";
import type { Ledger, Registers } from "@commonwatt/sdk/ledger/types";

import type { Trader } from "./bots/market.ts";
import { tradeDay } from "./bots/trading-day.ts";
import { MeterDriver, publishFirst, type TimedMessage } from "./meters/driver.ts";
import { MeterPublisher } from "./meters/publisher.ts";
import { auditLedger, type Expectation } from "./report/audit.ts";
import { auditSettlements, type SettlementAudit } from "./report/audit-settlements.ts";
import { moneyHeld } from "./report/money-held.ts";
import { readSettlements, settledMeterDays, type Settlement } from "./report/settlements.ts";
import { type Totals, totalsOf } from "./report/totals.ts";
import { dayLine } from "./report/words.ts";
import { shares } from "./run/homes.ts";
import { type Neighbourhood, withNeighbourhood } from "./run/neighbourhood.ts";
import { BASE_TOPIC, GRACE_SECONDS } from "./run/oracle-config.ts";
import { LedgerReader, waitForProfiles } from "./run/recorded.ts";
import { settleDay } from "./run/settle-day.ts";
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
  readonly settlements: readonly Settlement[];
  readonly deployment: Deployment;
  readonly expectation: Expectation;
  readonly audited: SettlementAudit;
};

export type OnceSettings = {
  readonly plan: StreetPlan;
  readonly keep: boolean;
  readonly say: (line: string) => void;
  /** Hears of each day once it is over, instead of a line about it. */
  readonly onDay?: (done: number, days: number) => void;
  /** Messages that never leave the meter although its counters run on; for tests. */
  readonly lose?: (meter: number, message: TimedMessage) => boolean;
};

/** Meter-days that were measured: what the ledger must hold. */
type Measured = { readonly meter: number; readonly day: Day };

/**
 * Plays all days of a street as fast as the machine goes: meters publish and the oracle records or settles. Homes that
 * trade by hand list all they exported at one price, buy what they can match to their imports, and use it. The totals are
 * the chain's.
 */
export async function runOnce(settings: OnceSettings, interrupt: AbortSignal): Promise<OnceResult> {
  const { plan, keep, say } = settings;
  const { street, trading, capWh } = plan;
  const { firstDay, homes } = street;
  if (street.days === undefined) throw new Error("A run as fast as the machine goes needs a number of days.");
  const days = Array.from({ length: street.days }, (_, index) => toDay(firstDay + index));
  const neighbourhoodSettings = { homes, trading, firstDay, capWh, pollMilliseconds: POLL_MS, keep, say };
  return withNeighbourhood(neighbourhoodSettings, interrupt, async (neighbourhood, signal) => {
    const publisher = await MeterPublisher.connect(neighbourhood.mqttUrl, BASE_TOPIC);
    try {
      const measured = await new Player(settings, neighbourhood, publisher).play(days, signal);
      const { chain, deployment } = neighbourhood;
      const ledger = await readLedger(chain.client, deployment, { signal });
      const settlements = await readSettlements(chain.client, deployment, ledger);
      const expectation = { recorded: measured.byHand, now: await chain.now() };
      const money = await moneyHeld(chain.client, deployment);
      const audited = { ledger, settlements, expected: measured.shared, money };
      const failures = [...(await auditLedger(deployment, ledger, expectation)), ...auditSettlements(audited)];
      // The evening on which the homes joined is no day of the run.
      const profiles = ledger.profiles.filter(({ day }) => day >= firstDay);
      const totals = totalsOf(
        { ...ledger, profiles },
        { settlements, meterDays: settledMeterDays(settlements, ledger) },
      );
      return { totals, failures, ledger, settlements, deployment, expectation, audited };
    } finally {
      await publisher.close();
    }
  });
}

/** Plays the days, one after the other. */
class Player {
  readonly #settings: OnceSettings;
  readonly #neighbourhood: Neighbourhood;
  readonly #publisher: MeterPublisher;
  readonly #drivers: readonly MeterDriver[];
  readonly #traders: readonly Trader[];
  readonly #reader: LedgerReader;
  /** Of the sharing meters, for the days' lines. */
  readonly #registers = new Map<number, Registers>();

  constructor(settings: OnceSettings, neighbourhood: Neighbourhood, publisher: MeterPublisher) {
    this.#settings = settings;
    this.#neighbourhood = neighbourhood;
    this.#publisher = publisher;
    const { residents } = neighbourhood;
    this.#drivers = residents.map((resident) => new MeterDriver(resident, settings.plan.street.stepSeconds));
    this.#traders = residents
      .filter((resident) => !shares(resident))
      .map((resident) => ({ ...resident, priceTicks: SELF_PRICE_TICKS }));
    this.#reader = new LedgerReader(neighbourhood);
  }

  /** @returns Which meter-days were measured, and so must be in the ledger: recorded or settled. */
  async play(days: readonly Day[], signal: AbortSignal): Promise<{ byHand: Measured[]; shared: Measured[] }> {
    const { say, onDay } = this.#settings;
    const byHand: Measured[] = [];
    const shared: Measured[] = [];
    const [firstDay] = days;
    if (firstDay !== undefined) await publishFirst(this.#drivers, this.#publisher, firstDay, signal);
    for (const [index, day] of days.entries()) {
      signal.throwIfAborted();
      const startedAt = await this.#neighbourhood.chain.client.getBlockNumber();
      const measured = await this.#measure(day, signal);
      const handMeters = this.#traders.map(({ meter }) => meter).filter((meter) => measured.has(meter));
      if (handMeters.length > 0) {
        const profiles = await waitForProfiles(this.#reader, handMeters, day, signal);
        await tradeDay(this.#neighbourhood, this.#traders, profiles, day);
        byHand.push(...handMeters.map((meter) => ({ meter, day })));
      }
      const sharing = this.#neighbourhood.residents.filter(shares).map(({ meter }) => meter);
      if (sharing.length > 0) {
        const silent = new Set<number>(sharing.filter((meter) => !measured.has(meter)));
        await settleDay(day, { ...this.#neighbourhood, silent, signal });
        shared.push(...sharing.filter((meter) => measured.has(meter)).map((meter) => ({ meter, day })));
      }
      if (onDay === undefined) say(await this.#lineOf(day, startedAt + 1n));
      else onDay(index + 1, days.length);
    }
    return { byHand, shared };
  }

  /** Lets the meters publish a day once it is over. Returns those that had something to say. */
  async #measure(day: Day, signal: AbortSignal): Promise<ReadonlySet<number>> {
    const { chain } = this.#neighbourhood;
    const { lose } = this.#settings;
    await chain.advanceTo(dayEnd(day) + AFTER_DAY_SECONDS);
    const batches = this.#drivers.map((driver) => {
      const meter = driver.resident.meter;
      const messages = driver.messagesOfDay(day).filter((message) => lose?.(meter, message) !== true);
      return { driver, meter, messages };
    });
    await Promise.all(batches.map(({ driver, messages }) => driver.publish(this.#publisher, messages, signal)));
    // A meter that fell silent before midnight: its day closes when the grace since its last message is over.
    if (batches.some(({ messages }) => (messages.at(-1)?.seconds ?? dayEnd(day)) < dayEnd(day))) {
      await chain.advanceTo((await chain.now()) + GRACE_SECONDS + AFTER_DAY_SECONDS);
    }
    return new Set(batches.flatMap(({ meter, messages }) => (messages.length > 0 ? [meter] : [])));
  }

  async #lineOf(day: Day, fromBlock: bigint): Promise<string> {
    const { chain, deployment } = this.#neighbourhood;
    const ledger = await readLedger(chain.client, deployment, { fromBlock });
    const settlements = (await readSettlements(chain.client, deployment, ledger)).filter((other) => other.day === day);
    const meterDays = settledMeterDays(settlements, ledger, this.#registers);
    return dayLine(day, totalsOf(ledgerOfDay(ledger, day), { settlements, meterDays }));
  }
}
