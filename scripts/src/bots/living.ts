import { ledgerOfDay, type LedgerDay } from "@commonwatt/sdk/ledger/day";
import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { type Day, dayEnd, dayOfInterval, isoDay } from "@commonwatt/sdk/time";
import { formatKwh, formatMoney } from "@commonwatt/sdk/units";
import type { Address } from "viem";

import { type Totals, totalsOf } from "../report/totals.ts";
import type { Resident } from "../run/homes.ts";
import type { Neighbourhood } from "../run/neighbourhood.ts";
import { LedgerReader } from "../run/recorded.ts";
import { buyAndUse } from "./buy.ts";
import type { Trader } from "./market.ts";
import { listAll, needsOf } from "./trading-day.ts";

/** Most homes buy at noon of the next day: whoever joins in by hand has half a day to list before them. */
const BUY_AFTER_SECONDS = 12 * 3_600;
/** Some wait two days more, so that a late offer finds buyers too. */
const PATIENT_BUY_AFTER_SECONDS = 60 * 3_600;
const PATIENT_HOMES = 2;
/** Another wallet may be quicker; then a purchase is planned again, so many times. */
const MAX_ATTEMPTS = 5;

type Task = { readonly at: number; readonly run: () => Promise<void>; attempts: number };

export type LivingBotsOptions = {
  /** Hears of each day once most of its trading is done. */
  readonly onDay: (day: Day, totals: Totals) => void;
  readonly say: (line: string) => void;
  /** Takes in what is new on the chain. */
  readonly onAdded: (ledger: Ledger) => Promise<void>;
};

/** What a home asks for its export in the living demo: 0.12 to 0.18 EUR/kWh, in steps that keep money exact. */
function priceOf(meter: number): number {
  return 1_200 + ((meter * 130) % 610);
}

/** Plays the homes nobody plays by hand: lists their export when a day is recorded, buys later, uses at once. */
export class LivingBots {
  readonly #neighbourhood: Neighbourhood;
  readonly #traders: readonly Trader[];
  readonly #options: LivingBotsOptions;
  readonly #reader: LedgerReader;
  readonly #days = new Map<Day, LedgerDay>();
  readonly #listed = new Set<Day>();
  #tasks: Task[] = [];
  /** Days up to here are over for the bots. */
  #forgotten = -1;
  #busy: Promise<void> | undefined;

  constructor(neighbourhood: Neighbourhood, residents: readonly Resident[], options: LivingBotsOptions) {
    this.#neighbourhood = neighbourhood;
    this.#traders = residents.map((resident) => ({ ...resident, priceTicks: priceOf(resident.meter) }));
    this.#options = options;
    this.#reader = new LedgerReader(neighbourhood);
  }

  /** Lets the bots do what is due. Returns at once; a bot that is still busy is not asked twice. */
  tick(now: number): void {
    this.#busy ??= this.#step(now)
      .catch((error: unknown) => {
        this.#options.say(`A bot stumbled: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => {
        this.#busy = undefined;
      });
  }

  /** Resolves when the bots have put down what they were doing. */
  async settled(): Promise<void> {
    await this.#busy;
  }

  async #step(now: number): Promise<void> {
    await this.#look();
    for (const [day, { profiles }] of this.#days) {
      const isRecorded = ({ meter }: Trader): boolean => profiles.some((profile) => profile.meter === meter);
      if (this.#listed.has(day) || !this.#traders.some(isRecorded) || !this.#traders.every(isRecorded)) continue;
      this.#listed.add(day);
      await listAll(this.#neighbourhood, this.#traders, profiles, day);
      this.#plan(day);
    }
    const due = this.#tasks.filter(({ at }) => at <= now);
    for (const task of due) await this.#try(task);
  }

  /** Takes in what is new on the chain. */
  async #look(): Promise<void> {
    const added = await this.#reader.next();
    if (added === undefined) return;
    this.#remember(added);
    await this.#options.onAdded(added);
    for (const line of this.#tell(added)) this.#options.say(line);
  }

  /** What the homes did that no bot plays. */
  #tell({ trades, retirements }: Ledger): string[] {
    const { residents } = this.#neighbourhood;
    const nameOf = (address: Address) =>
      residents.find(({ account }) => account.address === address)?.home.name ?? address;
    const isBot = (address: Address) => this.#traders.some(({ account }) => account.address === address);
    return [
      ...trades
        .filter(({ seller, buyer }) => !isBot(seller) || !isBot(buyer))
        .map(
          ({ seller, buyer, energyWh, paidBaseUnits, firstInterval }) =>
            `  ${nameOf(seller)} sold ${formatKwh(energyWh)} of ${isoDay(dayOfInterval(firstInterval))} to ${nameOf(buyer)} ` +
            `for ${formatMoney(paidBaseUnits)}.`,
        ),
      ...retirements
        .filter(({ account }) => !isBot(account))
        .map(({ account, energyWh, day }) => `  ${nameOf(account)} used ${formatKwh(energyWh)} on ${isoDay(day)}.`),
    ];
  }

  /** Adds what is new to the days it concerns. */
  #remember(ledger: Ledger): void {
    const days = new Set([
      ...ledger.profiles.map(({ day }) => day),
      ...[...ledger.transfers, ...ledger.trades].flatMap(({ lines }) =>
        lines.map(({ interval }) => dayOfInterval(interval)),
      ),
    ]);
    for (const day of days) {
      if (day <= this.#forgotten) continue;
      const before = this.#days.get(day);
      const added = ledgerOfDay(ledger, day);
      this.#days.set(day, {
        day,
        profiles: [...(before?.profiles ?? []), ...added.profiles],
        transfers: [...(before?.transfers ?? []), ...added.transfers],
        trades: [...(before?.trades ?? []), ...added.trades],
        retirements: [...(before?.retirements ?? []), ...added.retirements],
      });
    }
  }

  #plan(day: Day): void {
    const { profiles } = this.#days.get(day) ?? { profiles: [] };
    const buyers = needsOf(this.#traders, profiles, day);
    const patient = buyers.slice(-PATIENT_HOMES);
    const prompt = buyers.slice(0, -PATIENT_HOMES);
    const buy = (group: typeof buyers) => async (): Promise<void> => {
      await buyAndUse(this.#neighbourhood, group, day);
    };
    this.#tasks.push(
      { at: dayEnd(day) + BUY_AFTER_SECONDS, run: buy(prompt), attempts: 0 },
      { at: dayEnd(day) + BUY_AFTER_SECONDS, run: () => this.#report(day), attempts: 0 },
      { at: dayEnd(day) + PATIENT_BUY_AFTER_SECONDS, run: buy(patient), attempts: 0 },
      { at: dayEnd(day) + PATIENT_BUY_AFTER_SECONDS, run: () => this.#forget(day), attempts: 0 },
    );
  }

  async #try(task: Task): Promise<void> {
    task.attempts += 1;
    try {
      await task.run();
    } catch (error) {
      if (task.attempts < MAX_ATTEMPTS) return;
      this.#options.say(error instanceof Error ? error.message : String(error));
    }
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }

  async #report(day: Day): Promise<void> {
    await this.#look();
    const ledgerDay = this.#days.get(day);
    if (ledgerDay !== undefined) this.#options.onDay(day, totalsOf(ledgerDay));
  }

  /** What is long over needs no memory. */
  #forget(day: Day): Promise<void> {
    this.#days.delete(day);
    this.#listed.delete(day);
    this.#forgotten = day;
    return Promise.resolve();
  }
}
