import { type Day, day as toDay, dayEnd, dayOf, isoDay, SECONDS_PER_INTERVAL } from "@commonwatt/sdk/time";

import type { LocalChain } from "../run/local-chain.ts";
import { settleDay } from "../run/settle-day.ts";
import { waitFor } from "../run/wait.ts";
import { postReadings } from "./gateways.ts";
import { gatewayKey, oracleNow, type SeenConfig } from "./oracle-folder.ts";

/** The clock moves so far at once; the gateways then post what they counted meanwhile. */
const STRIDE_SECONDS = 6 * 3_600;
/** A reading from after a day's end closes it. */
const AFTER_SECONDS = 60;
const PATIENCE_MS = 120_000;

export type FirstDayParts = {
  chain: LocalChain;
  folder: string;
  config: SeenConfig;
  say: (line: string) => void;
  signal: AbortSignal;
};

/**
 * Lets the days pass until the first that is shared is settled: today, since sharing begins tomorrow, and tomorrow.
 *
 * @returns The day that is settled.
 */
export async function passFirstDay({ chain, folder, config, say, signal }: FirstDayParts): Promise<Day> {
  const since = await chain.now();
  const shared = toDay(dayOf(since) + 1);
  const key = gatewayKey(folder, config);
  const end = dayEnd(shared) + AFTER_SECONDS;
  let posted = since;
  await postReadings(config, key, { times: [since], since, now: since });
  for (let now = since; now < end;) {
    now = Math.min(now + STRIDE_SECONDS, end);
    await chain.advanceTo(now);
    const seen = () => oracleNow(config).then((clock) => clock !== undefined && clock >= now);
    await waitFor("the oracle to see the time", seen, { timeoutMs: PATIENCE_MS, signal });
    const times = quarterHours(posted, now);
    await postReadings(config, key, { times: now === end ? [...times, now] : times, since, now });
    posted = now;
    say(`It is ${new Date(now * 1000).toISOString().slice(0, 16)} UTC on the chain.`);
  }
  const boardUrl = `http://${config.board.host}:${config.board.port}`;
  await settleDay(shared, { chain, boardUrl, silent: new Set(), signal });
  say(`${isoDay(shared)} is settled.`);
  return shared;
}

/** The full quarter-hours after one moment and up to another. */
function quarterHours(after: number, upTo: number): number[] {
  const times: number[] = [];
  for (let quarter = Math.floor(after / SECONDS_PER_INTERVAL) + 1; ; quarter++) {
    const time = quarter * SECONDS_PER_INTERVAL;
    if (time > upTo) return times;
    times.push(time);
  }
}
