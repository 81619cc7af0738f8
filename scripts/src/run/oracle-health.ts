import { z } from "zod";

const TIMEOUT_MS = 15_000;

const settlement = z.object({
  asOf: z.int(),
  nextDay: z.int(),
  waitingFor: z.enum(["profiles", "window", "hour", "confirmation", "nothing"]),
  wakeAt: z.int().nullable(),
  awaited: z.array(z.int()),
});

/** What the oracle says of the day settlement. Times are unix seconds of the chain's clock. */
export type SettlementHealth = z.infer<typeof settlement>;

const health = z.object({ settlement: settlement.nullable() });

/**
 * Asks the oracle how far the day settlement is.
 *
 * @returns undefined while the oracle has not looked yet.
 * @throws Error when the oracle does not answer, or not what is expected.
 */
export async function settlementHealth(boardUrl: string): Promise<SettlementHealth | undefined> {
  const response = await fetch(new URL("/api/health", boardUrl), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`The oracle's health answered ${response.status}: ${await response.text()}`);
  return health.parse(await response.json()).settlement ?? undefined;
}
