import type { SeenConfig } from "./oracle-folder.ts";

/** Readings in a request, as emonHub's uplink gathers them. */
const BATCH_ROWS = 500;
const TIMEOUT_MS = 30_000;
/** Wh a quarter-hour: the first home feeds in, the others draw. */
const QUARTER_WH = [-120, 80, 30];
/** Where the clamps' counters stand: they count from when they were put on. */
const START_WH = 1_000_000;
const QUARTER_SECONDS = 900;

/** The counter of the n-th meter at a moment, Wh. */
function counterAt(index: number, sinceSeconds: number): number {
  const quarterWh = QUARTER_WH[index % QUARTER_WH.length] ?? 0;
  return START_WH + Math.round((sinceSeconds * quarterWh) / QUARTER_SECONDS);
}

/**
 * Posts what the meters counted at some moments, as emonHub does: `POST /input/bulk`, the time of each row in it, the key in
 * the header. Its batch is good when the answer is exactly `ok`.
 *
 * @param times - Unix seconds, none later than `now`.
 * @throws Error with the oracle's words when it does not take them.
 */
export async function postReadings(
  { http, meters }: SeenConfig,
  key: string,
  { times, since, now }: { times: readonly number[]; since: number; now: number },
): Promise<void> {
  const rows = times.flatMap((time) =>
    meters.map(({ node }, index) => [time, node, { E1: counterAt(index, time - since), MSG: 1 }]),
  );
  for (let from = 0; from < rows.length; from += BATCH_ROWS) {
    const body = new URLSearchParams({ data: JSON.stringify(rows.slice(from, from + BATCH_ROWS)) });
    const response = await fetch(`http://${http.host}:${http.port}/input/bulk.json?sentat=${now}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.text();
    if (answer !== "ok") throw new Error(`The oracle does not take the readings: ${response.status} ${answer}`);
  }
}
