import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Deployment } from "@commonwatt/sdk/deployment";
import { day as toDay, dayStart, type Day, INTERVALS_PER_DAY, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";
import { toHex } from "viem";

import { LivingBots } from "./bots/living.ts";
import { MeterDriver, publishFirst } from "./meters/driver.ts";
import { MeterPublisher } from "./meters/publisher.ts";
import type { Options } from "./options.ts";
import { SettledDays } from "./report/settled-days.ts";
import { dayLine } from "./report/words.ts";
import type { Totals } from "./report/totals.ts";
import { type Resident, shares } from "./run/homes.ts";
import { type Neighbourhood, withNeighbourhood } from "./run/neighbourhood.ts";
import { BASE_TOPIC } from "./run/oracle-config.ts";
import { portFrom } from "./run/ports.ts";
import { SettlementGate } from "./run/settlement-gate.ts";
import type { StreetPlan } from "./run/street.ts";
import { buildSite } from "./web/build.ts";
import { closeSite, serveSite } from "./web/server.ts";

const DEFAULT_PORT = 5_173;
const POLL_MS = 100;
/** Days that the clock runs on after the last measured one, for the patient bots. */
const MARKET_DAYS = 3;
/** Longest wait a timer can do: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The homes that are the human's: the first that sells and the first that only buys. */
export function humanHomes(residents: readonly Resident[]): {
  seller: Resident | undefined;
  buyer: Resident | undefined;
} {
  return {
    seller: residents.find(({ home }) => home.hasGeneration),
    buyer: residents.find(({ home }) => !home.hasGeneration),
  };
}

/** The deployment as the dApp gets it: chain and board are at its own origin, and the demo's wallets are in it. */
function deploymentForBrowser({ deployment, residents }: Neighbourhood): Deployment {
  const contracts: Deployment = { ...deployment };
  delete contracts.rpcUrl;
  delete contracts.boardUrl;
  const accounts = residents.map(({ home, meter, account }) => ({
    name: home.name,
    role: home.hasGeneration ? "prosumer" : "consumer",
    address: account.address,
    privateKey: toHex(account.getHdKey().privateKey ?? new Uint8Array()),
    meter,
  }));
  return { ...contracts, demo: { accounts } };
}

/** The living demo: a day of the street in `daySeconds`, with dApp, until the signal or the last day. */
export async function live(
  options: Options,
  plan: StreetPlan,
  say: (line: string) => void,
  interrupt: AbortSignal,
): Promise<void> {
  const { street, trading, capWh } = plan;
  const settings = { homes: street.homes, trading, firstDay: street.firstDay, capWh, pollMilliseconds: POLL_MS };
  await withNeighbourhood({ ...settings, keep: options.keep, say }, interrupt, async (neighbourhood, signal) => {
    say("Building the dApp ...");
    const folder = join(neighbourhood.folder, "dapp");
    await buildSite(folder, signal);
    const port = await portFrom(options.port ?? DEFAULT_PORT);
    const origin = `http://127.0.0.1:${port}`;
    const deployment = JSON.stringify(deploymentForBrowser(neighbourhood), undefined, 2);
    const { rpcUrl } = neighbourhood.chain;
    const site = await serveSite({ folder, deployment, rpcUrl, boardUrl: neighbourhood.boardUrl }, port);
    try {
      welcome(neighbourhood, origin, street.description, options.daySeconds, say);
      await playDays(neighbourhood, plan, options.daySeconds, say, signal);
    } finally {
      await closeSite(site);
    }
  });
}

function welcome(
  { residents }: Neighbourhood,
  origin: string,
  description: string,
  daySeconds: number,
  say: (line: string) => void,
): void {
  say("");
  say(`  Open ${origin}`);
  say("");
  say(`  You are looking at ${description}. A day takes ${daySeconds} s; its energy is traded the day after.`);
  say("  Ledger shows every profile, sale and use, and checks each meter's signature in your browser.");
  for (const line of invitation(residents)) say(`  ${line}`);
  say("  The other homes are played by bots. Ctrl-C ends everything.");
  say("");
}

/** What whoever watches can do. */
function invitation(residents: readonly Resident[]): string[] {
  const { seller, buyer } = humanHomes(residents);
  if (!residents.some(shares)) {
    return [
      ...(seller === undefined
        ? []
        : [`Sell:  connect the demo wallet as ${seller.home.name}; its export waits for you to list it.`]),
      ...(buyer === undefined ? [] : [`Buy:   connect the demo wallet as ${buyer.home.name} and match its imports.`]),
    ];
  }
  const sharing = residents.filter(shares);
  const names = [sharing.find(({ home }) => home.hasGeneration), sharing.find(({ home }) => !home.hasGeneration)]
    .flatMap((resident) => (resident === undefined ? [] : [resident.home.name]))
    .join(" or ");
  const byHand = residents.filter((resident) => !shares(resident)).map(({ home }) => home.name);
  return [
    `Autopilot: connect the demo wallet as ${names} and move its price limits; they hold from the next day on.`,
    ...(byHand.length === 0 ? [] : [`By hand, see Buy: the export of ${byHand.join(", ")} is on offer.`]),
  ];
}

async function playDays(
  neighbourhood: Neighbourhood,
  { street }: StreetPlan,
  daySeconds: number,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { residents } = neighbourhood;
  const drivers = residents.map((resident) => new MeterDriver(resident, street.stepSeconds));
  const human = humanHomes(residents);
  // Where homes share, a human plays one of those: who trades by hand is then a bot's.
  const mixed = residents.some(shares);
  const traders = residents.filter(
    (resident) => !shares(resident) && (mixed || (resident !== human.seller && resident !== human.buyer)),
  );
  const onDay = (how: string) => (day: Day, totals: Totals) => {
    say(dayLine(day, totals, mixed ? how : undefined));
  };
  const settledDays = new SettledDays(neighbourhood, onDay("sharing"));
  const bots = new LivingBots(neighbourhood, traders, {
    say,
    onDay: onDay("by hand"),
    onAdded: (ledger) => settledDays.look(ledger),
  });
  const publisher = await MeterPublisher.connect(neighbourhood.mqttUrl, BASE_TOPIC);
  const gate = new SettlementGate(neighbourhood, say);
  const tickMs = (daySeconds * 1000) / INTERVALS_PER_DAY;
  const stage: Stage = { neighbourhood, drivers, publisher, bots, gate, tickMs };
  try {
    const end = street.days === undefined ? Number.POSITIVE_INFINITY : street.firstDay + street.days;
    let day = street.firstDay;
    await publishFirst(drivers, publisher, day, signal);
    for (; day < end; day = toDay(day + 1)) await playDay(stage, day, signal);
    // Time for the bots to trade the last days.
    for (; day < end + MARKET_DAYS; day = toDay(day + 1)) await playDay({ ...stage, drivers: [] }, day, signal);
    say("The last day is over and the clock stands still; the market stays open until Ctrl-C.");
    await sleep(MAX_TIMER_MS, undefined, { signal });
  } finally {
    await bots.settled();
    await publisher.close();
  }
}

type Stage = {
  readonly neighbourhood: Neighbourhood;
  readonly drivers: readonly MeterDriver[];
  readonly publisher: MeterPublisher;
  readonly bots: LivingBots;
  readonly gate: SettlementGate;
  /** Real milliseconds of a quarter-hour. */
  readonly tickMs: number;
};

/** One day on the simulated clock: every quarter-hour a block, the meters' messages, and a look for the bots. */
async function playDay(
  { neighbourhood, drivers, publisher, bots, gate, tickMs }: Stage,
  day: Day,
  signal: AbortSignal,
): Promise<void> {
  const { chain } = neighbourhood;
  const queues = drivers.map((driver) => ({ driver, messages: driver.messagesOfDay(day) }));
  let startedAt = performance.now();
  for (let quarter = 1; quarter <= INTERVALS_PER_DAY; quarter++) {
    await sleep(Math.max(0, startedAt + quarter * tickMs - performance.now()), undefined, { signal });
    const now = dayStart(day) + quarter * SECONDS_PER_INTERVAL;
    // Where the clock had to wait for a settlement, the day takes longer; it does not rush afterwards.
    startedAt += await gate.pass(now, signal);
    await chain.advanceTo(now);
    await Promise.all(
      queues.map(async ({ driver, messages }) => {
        const due = messages.findIndex(({ seconds }) => seconds > now);
        await driver.publish(publisher, messages.splice(0, due < 0 ? messages.length : due), signal);
      }),
    );
    bots.tick(now);
  }
}
