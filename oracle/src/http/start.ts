import type { Logger } from "pino";

import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import type { Intake } from "../intake/intake.ts";
import type { Database } from "../storage/sql.ts";
import { createMeterStore } from "../storage/meter-store.ts";
import type { LastReading } from "./input-get.ts";
import { createKeyRing } from "./key-ring.ts";
import { readKeys } from "./keys-file.ts";
import { createReplayGuard } from "./replay-guard.ts";
import { type HttpInput, startHttpInput } from "./server.ts";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/u;

/**
 * Opens the HTTP input that the config asks for.
 *
 * @returns Undefined when it asks for none.
 * @throws CommonwattError when its keys cannot be read.
 */
export async function openHttpInput(
  config: Pick<Config, "http" | "meters" | "timing">,
  { database, intake, clock, log }: { database: Database; intake: Intake; clock: Clock; log: Logger },
): Promise<HttpInput | undefined> {
  const { http, timing } = config;
  if (http === undefined) return undefined;
  const keys = createKeyRing(readKeys(http.keysFile));
  if (!LOOPBACK.test(http.host)) {
    log.warn(
      { event: "http-open", host: http.host },
      `HTTP input listens on ${http.host}: what it hears is not encrypted. Put a proxy that speaks TLS in front`,
    );
  }
  return startHttpInput({
    ...http,
    keys,
    intake,
    replays: createReplayGuard(database),
    lastReading: createLastReading(config, database),
    clock,
    log,
    pastToleranceMs: timing.pastToleranceSeconds * 1000,
  });
}

/** When the inputs of a node that the config names were last read. */
export function createLastReading({ meters }: Pick<Config, "meters">, database: Database): LastReading {
  const store = createMeterStore(database);
  return async (node) => {
    const times = new Map<string, number>();
    for (const { meter, inputs } of meters.filter((entry) => entry.node === node)) {
      for (const { input, meaning } of inputs) {
        const state = (await store.channel(meter, input, meaning)) as { timeMs: number } | undefined;
        if (state !== undefined) times.set(input, state.timeMs);
      }
    }
    return times;
  };
}
