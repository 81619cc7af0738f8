import { addChains, type CallFigures, type ChainFigures } from "./on-chain.ts";
import type { NeighbourhoodFigures } from "./neighbourhood.ts";
import type { SimulateOptions } from "./options.ts";

/** What a whole run came to. */
export type Totals = {
  bench: "simulate";
  meters: number;
  neighbourhoods: number;
  days: number;
  atATime: number;
  daysExpected: number;
  daysSettled: number;
  messages: number;
  /** Messages a second that were taken while they were sent, by all oracles that ran at the same time. */
  messagesPerSecond: number;
  seconds: number;
  chain: ChainFigures;
  /** Once: registering a meter and its device, funding it, its settings. */
  enrolmentGasPerMeter: number;
  /** Once: the evening before its first day, which is recorded by itself, and its change to sharing. */
  joiningGasPerMeter: number;
  oracle: {
    cpuSeconds: number;
    peakMbLargest: number;
    signerPeakMbLargest: number;
    databaseBytes: number;
  };
};

/** What a household takes each day, once it shares. */
export type HouseholdDay = {
  gas: number;
  calldataBytes: number;
  calldataZeroBytes: number;
  deflatedBytes: number;
  logs: number;
  logBytes: number;
  messages: number;
  databaseBytes: number;
  cpuMilliseconds: number;
};

/** Functions that settle a day. All others are for joining: the evening before the first day, when nobody shares yet. */
const SETTLING = ["announce", "settleDay"];

export function sumUp(options: SimulateOptions, found: readonly NeighbourhoodFigures[], seconds: number): Totals {
  const { meters, neighbourhoods, days, atATime } = options;
  const sum = (of: (figures: NeighbourhoodFigures) => number) => found.reduce((total, each) => total + of(each), 0);
  const most = (of: (figures: NeighbourhoodFigures) => number) => Math.max(...found.map(of));
  const chain = addChains(found.map((each) => each.chain));
  const messages = sum((each) => each.messages);
  const publishing = sum((each) => each.publishSeconds) / atATime;
  const enrolment = sum(({ enrolment: gas }) => Number(gas.registration + gas.device + gas.funding + gas.settings));
  const joining = Object.entries(chain).reduce((all, [name, { gas }]) => all + (SETTLING.includes(name) ? 0 : gas), 0);
  return {
    bench: "simulate",
    ...{ meters, neighbourhoods, days, atATime },
    daysExpected: neighbourhoods * days,
    daysSettled: chain["settleDay"]?.transactions ?? 0,
    messages,
    messagesPerSecond: Math.round(messages / publishing),
    seconds: Math.round(seconds),
    chain,
    enrolmentGasPerMeter: Math.round(enrolment / meters),
    joiningGasPerMeter: Math.round(joining / meters),
    oracle: {
      cpuSeconds: rounded(sum((each) => each.cpuSeconds)),
      peakMbLargest: rounded(most((each) => each.peakMb)),
      signerPeakMbLargest: rounded(most((each) => each.signerPeakMb)),
      databaseBytes: sum((each) => each.databaseBytes),
    },
  };
}

export function perHousehold({ meters, days, chain, messages, oracle }: Totals): HouseholdDay {
  const householdDays = meters * days;
  const settling = SETTLING.flatMap((name) => chain[name] ?? []);
  const each = (of: (call: CallFigures) => number) =>
    rounded(settling.reduce((total, call) => total + of(call), 0) / householdDays);
  return {
    gas: each(({ gas }) => gas),
    calldataBytes: each(({ calldataBytes }) => calldataBytes),
    calldataZeroBytes: each(({ calldataZeroBytes }) => calldataZeroBytes),
    deflatedBytes: each(({ deflatedBytes }) => deflatedBytes),
    logs: each(({ logs }) => logs),
    logBytes: each(({ logBytes }) => logBytes),
    messages: rounded(messages / householdDays),
    databaseBytes: rounded(oracle.databaseBytes / householdDays),
    cpuMilliseconds: rounded((1_000 * oracle.cpuSeconds) / householdDays),
  };
}

/** Says in words what a run came to. */
export function tell(totals: Totals, household: HouseholdDay, say: (line: string) => void): void {
  const { meters, neighbourhoods, days, messages, messagesPerSecond, oracle, chain, seconds } = totals;
  const perThousand = (value: number) => rounded((value * 1_000 * neighbourhoods) / meters);
  say(
    `${meters} meters of ${neighbourhoods} neighbourhoods, ${days} day${days === 1 ? "" : "s"} each, in ${seconds} s.`,
  );
  say(`Messages: ${messages} over MQTT, ${messagesPerSecond} a second while they were sent.`);
  for (const [name, call] of Object.entries(chain)) {
    say(
      `  ${name}: ${call.transactions} transactions, ${call.gas} gas, ${call.calldataBytes} bytes of calldata (${call.calldataZeroBytes} of them zero, ${call.deflatedBytes} compressed), ${call.logs} logs of ${call.logBytes} bytes`,
    );
  }
  say(
    `A household's day: ${household.gas} gas, ${household.calldataBytes} bytes of calldata (${household.deflatedBytes} compressed), ${household.logs} log rows of ${household.logBytes} bytes in all, ${household.databaseBytes} bytes in the oracle's database, ${household.cpuMilliseconds} ms of processor time.`,
  );
  say(
    `Once for a meter: ${totals.enrolmentGasPerMeter} gas to enrol it, ${totals.joiningGasPerMeter} for the evening before it shares.`,
  );
  say(
    `Per 1,000 meters: ${rounded((oracle.cpuSeconds * 1_000) / (meters * days))} s of processor time a day, ${perThousand(oracle.peakMbLargest)} MB in the oracles and ${perThousand(oracle.signerPeakMbLargest)} MB in their signers, at most.`,
  );
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
