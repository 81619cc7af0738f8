import { appendFile } from "node:fs/promises";
import { join } from "node:path";

import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { type Day, day as toDay, dayEnd, dayStart, isoDay } from "@commonwatt/sdk/time";

import { shares } from "../run/homes.ts";
import { LedgerReader, waitForProfiles } from "../run/recorded.ts";
import { settleDay } from "../run/settle-day.ts";
import { waitFor } from "../run/wait.ts";
import { createActs } from "./acts.ts";
import { type Calendar, calendarOf } from "./calendar.ts";
import { type Expectation, keyOf } from "./check.ts";
import { type ExpectedDay, MeterBook } from "./expected.ts";
import { Gateway } from "./gateway.ts";
import { type Sample, sizeOf } from "./measure.ts";
import { migrate } from "./migrate.ts";
import { rotateKey } from "./rotate.ts";
import { changeConfig, deploymentOf, type YearScene } from "./scene.ts";
import { type Batch, Sender } from "./sender.ts";

/** Simulated seconds after a day's end at which its messages come: well within the grace. */
const AFTER_DAY_SECONDS = 60;
/** Of the evening before the first day, seconds before midnight. */
const FIRST_READINGS = [2_700, 900];
const PATIENCE_MS = 600_000;
const HALF_DAY_SECONDS = 43_200;

/** To whom what happens, by position in the street: two whose keys change, one whose counter does, and so on. */
const ROTATED = [0, 1];
const COUNTER = 10;
const MOVED = 3;
const LEAVER = 7;

export type Played = {
  readonly expectation: Expectation;
  readonly samples: readonly Sample[];
  readonly messages: number;
  /** What happened, with its day. */
  readonly story: readonly string[];
};

type Member = { readonly gateway: Gateway; readonly book: MeterBook; node: string };

/** Lives all days, one after the other. */
export class Year {
  readonly #scene: YearScene;
  readonly #sender: Sender;
  readonly #members: readonly Member[];
  #reader: LedgerReader;
  readonly #expected = new Map<string, ExpectedDay>();
  readonly #shared: { meter: number; day: Day }[] = [];
  readonly #left = new Set<number>();
  /** Meters with a device that is queued. */
  readonly #changing = new Set<number>();
  readonly #samples: Sample[] = [];
  readonly #story: string[] = [];
  #messages = 0;

  constructor(scene: YearScene) {
    this.#scene = scene;
    this.#sender = new Sender(scene.mqttUrl);
    this.#members = scene.residents.map((resident) => ({
      gateway: new Gateway(resident),
      book: new MeterBook(),
      node: resident.node.node,
    }));
    this.#reader = this.#newReader();
  }

  async live(
    { firstDay, days, onDay }: { firstDay: Day; days: number; onDay: (done: number, all: number) => void },
    signal: AbortSignal,
  ): Promise<Played> {
    const calendar = calendarOf(days);
    await this.#begin(firstDay, signal);
    for (let index = 0; index < days; index++) {
      signal.throwIfAborted();
      const day = toDay(firstDay + index);
      // The first day of a new contract.
      const byHand = index === calendar.migration + 1;
      const sharing = byHand ? [] : this.#sharing();
      await this.#measure(day, index, calendar, signal);
      await this.#record(day, new Set(sharing), signal);
      if (index === calendar.secondCrash) await this.#crashWhileSettling(day, signal);
      await this.#settle(day, signal);
      this.#shared.push(...sharing.map((meter) => ({ meter, day })));
      await this.#sample(index);
      await this.#happen(day, index, calendar, signal);
      onDay(index + 1, days);
    }
    await this.#sender.disconnect();
    const expectation = { days: this.#expected, shared: this.#shared, left: [...this.#left] };
    return { expectation, samples: this.#samples, messages: this.#messages, story: this.#story };
  }

  #newReader(): LedgerReader {
    return new LedgerReader({ chain: this.#scene.chain, deployment: deploymentOf(this.#scene) });
  }

  /** The meters are put in and read on the evening before: every day from their registration on is accounted for. */
  async #begin(firstDay: Day, signal: AbortSignal): Promise<void> {
    const batches = this.#members.map(({ gateway, book, node }): Batch => {
      const messages = FIRST_READINGS.map((before) => gateway.idle(dayStart(firstDay) - before));
      for (const message of messages) book.begin(message);
      return { node, messages, acknowledged: 0 };
    });
    await this.#sender.send(batches, signal);
  }

  #present(): Member[] {
    return this.#members.filter(({ gateway }) => !this.#left.has(gateway.resident.meter));
  }

  #sharing(): number[] {
    return this.#present().flatMap(({ gateway: { resident } }) => (shares(resident) ? [resident.meter] : []));
  }

  /** Lets the meters send a day once it is over. */
  async #measure(day: Day, index: number, calendar: Calendar, signal: AbortSignal): Promise<void> {
    const { chain, oracle } = this.#scene;
    await chain.advanceTo(dayEnd(day) + AFTER_DAY_SECONDS);
    const batches = this.#present().map(({ gateway, book, node }): Batch => {
      const { meter } = gateway.resident;
      const isReplaced = index === calendar.counter && gateway === this.#members[COUNTER]?.gateway;
      const replacedAt = isReplaced ? dayStart(day) + HALF_DAY_SECONDS : undefined;
      const messages = gateway.messagesOfDay(day, replacedAt);
      this.#expected.set(keyOf(meter, day), book.day(day, messages, replacedAt));
      return { node, messages, acknowledged: 0 };
    });
    const count = batches.reduce((sum, { messages }) => sum + messages.length, 0);
    this.#messages += count;
    if (index === calendar.counter) this.#tell(day, `the counter of meter ${COUNTER + 1} was replaced at noon`);
    if (index === calendar.firstCrash) {
      await this.#sender.send(batches, signal, count / 2);
      // What is on its way when the power goes is sent again.
      this.#sender.send(batches, signal).catch(() => undefined);
      await oracle.kill();
      await this.#sender.disconnect();
      this.#tell(day, "the oracle was killed while messages came in");
      await oracle.start(signal);
    }
    await this.#sender.send(batches, signal);
  }

  /** Waits for the days of those that trade by hand. */
  async #record(day: Day, sharing: ReadonlySet<number>, signal: AbortSignal): Promise<void> {
    const byHand = this.#present()
      .map(({ gateway: { resident } }) => resident.meter)
      .filter((meter) => !sharing.has(meter));
    if (byHand.length > 0) await waitForProfiles(this.#reader, byHand, day, signal);
  }

  async #settle(day: Day, signal: AbortSignal): Promise<void> {
    const { chain, boardUrl } = this.#scene;
    await settleDay(day, { chain, boardUrl, silent: new Set(), signal });
    await this.#applied(day, signal);
  }

  /**
   * Waits until what begins with the next day is in force, which the oracle sees to once the day is settled: the clock is
   * not to leap over that day's end before, or the day would be closed to a meter whose device changes.
   */
  async #applied(day: Day, signal: AbortSignal): Promise<void> {
    const { chain } = this.#scene;
    const contract = { address: deploymentOf(this.#scene).neighbourhood, abi: neighbourhoodAbi } as const;
    const done = async (): Promise<boolean> => {
      for (const meter of this.#changing) {
        const [deviceDay] = await chain.client.readContract({
          ...contract,
          functionName: "queuedDevice",
          args: [meter],
        });
        if (deviceDay === 0) this.#changing.delete(meter);
        else if (deviceDay <= day + 1) return false;
      }
      return true;
    };
    await waitFor(`the changes of meter ${[...this.#changing].join(", ")}`, done, { timeoutMs: PATIENCE_MS, signal });
  }

  /** Kills the oracle after it has announced a day, and starts it again. */
  async #crashWhileSettling(day: Day, signal: AbortSignal): Promise<void> {
    const { chain, oracle } = this.#scene;
    const cut = new AbortController();
    const settling = this.#settle(day, AbortSignal.any([signal, cut.signal])).catch(() => undefined);
    const announced = async (): Promise<boolean> => {
      const events = await chain.client.getContractEvents({
        address: deploymentOf(this.#scene).neighbourhood,
        abi: neighbourhoodAbi,
        eventName: "DayAnnounced",
        args: { day },
        fromBlock: 0n,
      });
      return events.length > 0;
    };
    await waitFor(`the announcement of ${isoDay(day)}`, announced, { timeoutMs: PATIENCE_MS, signal });
    cut.abort();
    await settling;
    await oracle.kill();
    await this.#sender.disconnect();
    this.#tell(day, "the oracle was killed between the announcement and the settlement");
    await oracle.start(signal);
  }

  /** What the people of the street do, once a day is settled. */
  async #happen(day: Day, index: number, calendar: Calendar, signal: AbortSignal): Promise<void> {
    const acts = createActs(this.#scene);
    if (index === calendar.tariff) this.#tell(day, await acts.changeTariff(toDay(day + 1)));
    if (index === calendar.rotation) {
      for (const home of ROTATED) await this.#rotate(day, this.#meterOf(home));
    }
    if (index === calendar.gateway) await this.#moveGateway(day, signal);
    if (index === calendar.migration) {
      await this.#stopOracle();
      this.#tell(day, await migrate(this.#scene));
      this.#reader = this.#newReader();
      await this.#scene.oracle.start(signal);
    }
    const leaver = this.#members[LEAVER]?.gateway.resident;
    if (leaver === undefined) return;
    if (index === calendar.leaving) await acts.stopSharing(leaver);
    if (index === calendar.leaving + 1) {
      this.#tell(day, await acts.leave(leaver));
      this.#left.add(leaver.meter);
    }
  }

  async #rotate(day: Day, meter: number): Promise<void> {
    this.#tell(day, await rotateKey(this.#scene, meter));
    this.#changing.add(meter);
  }

  /** A metering point gets another gateway, with a name and a key of its own: the counter it reads is the same. */
  async #moveGateway(day: Day, signal: AbortSignal): Promise<void> {
    const { oracle, files } = this.#scene;
    const member = this.#members[MOVED];
    if (member === undefined) return;
    const [before, after] = [member.node, `${member.node}-new`];
    await this.#rotate(day, this.#meterOf(MOVED));
    await this.#stopOracle();
    await changeConfig(files, (config) => ({
      ...config,
      meters: (config["meters"] as { node: string }[]).map((meter) =>
        meter.node === before ? { ...meter, node: after } : meter,
      ),
    }));
    await oracle.start(signal);
    member.node = after;
    // It reads the counter as soon as it is there, which is at the moment up to which the old one has read it.
    await this.#sender.send([{ node: after, messages: [member.gateway.idle(dayEnd(day))], acknowledged: 0 }], signal);
    this.#tell(day, `meter ${this.#meterOf(MOVED)} got another gateway`);
  }

  async #stopOracle(): Promise<void> {
    await this.#sender.disconnect();
    const code = await this.#scene.oracle.stop();
    if (code !== 0) throw new Error(`The oracle ended with ${code}, expected 0.`);
  }

  #meterOf(home: number): number {
    return this.#members[home]?.gateway.resident.meter ?? 0;
  }

  async #sample(index: number): Promise<void> {
    const { oracle, folder } = this.#scene;
    const memory = await oracle.memory();
    const databaseBytes = await sizeOf(join(folder, "oracle"));
    const sample: Sample = { day: index, life: oracle.lives, ...memory, databaseBytes };
    this.#samples.push(sample);
    // For whoever looks on.
    await appendFile(join(folder, "samples.jsonl"), `${JSON.stringify(sample)}\n`);
  }

  #tell(day: Day, what: string): void {
    this.#story.push(`${isoDay(day)}: ${what}`);
  }
}
