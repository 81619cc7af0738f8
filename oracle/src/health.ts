import type { OfferStore } from "./board/offer-store.ts";
import type { Endpoints } from "./chain/endpoints/endpoints.ts";
import type { Submitter } from "./chain/transactions/submitter.ts";
import type { Clock } from "./clock/clock.ts";
import type { Config } from "./config/schema.ts";
import type { HttpInput } from "./http/server.ts";
import type { OutboxStore } from "./outbox/outbox-store.ts";
import { billingChannels } from "./profiles/close-days.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RefusalLog } from "./refusals.ts";
import type { SettlementStatus } from "./settlement/status.ts";
import type { MeterStore } from "./storage/meter-store.ts";

export type HealthParts = {
  config: Pick<Config, "meters" | "database">;
  clock: Clock;
  endpoints: Pick<Endpoints, "request" | "report">;
  submitter: Pick<Submitter, "report">;
  outbox: OutboxStore;
  offers: OfferStore;
  store: MeterStore;
  refusals: RefusalLog;
  pipeline: Pick<Pipeline, "status" | "disagreementOf">;
  /** Undefined where the config asks for no HTTP input. */
  http: () => ReturnType<HttpInput["report"]> | undefined;
  /** Undefined before the first look. */
  settlement: () => SettlementStatus | undefined;
};

/** What an operator asks first: is it alive, is the chain there, does anything queue, where does the settlement stand, which meter is silent. */
export function createHealth(parts: HealthParts) {
  const { config, clock, endpoints, submitter, outbox, offers, store, refusals, settlement } = parts;
  let lastBlock: number | undefined;
  return {
    /** Looks at the chain. */
    async look(): Promise<void> {
      lastBlock = Number(await endpoints.request({ method: "eth_blockNumber" }));
    },
    report: async () => ({
      clock: new Date(clock.nowMs()).toISOString(),
      lastBlock,
      endpoints: endpoints.report(),
      submitter: submitter.report(),
      inbox: inboxStatus(parts),
      outbox: await outbox.counts(),
      settlement: settlement() ?? null,
      offers: await offers.count(),
      refusals: refusals.counts(),
      http: parts.http() ?? null,
      meters: await Promise.all(
        config.meters.map(async (meter) => {
          const times = (await billingChannels(store, meter)).map((channel) => channel?.timeMs);
          const known = times.filter((time) => time !== undefined);
          return {
            meter: meter.meter,
            lastReading: known.length === 0 ? null : new Date(Math.max(...known)).toISOString(),
            disagreement: parts.pipeline.disagreementOf(meter.meter) ?? null,
          };
        }),
      ),
    }),
  };
}

/** How far the messages are that have arrived. */
function inboxStatus({ config, pipeline }: HealthParts) {
  const { waiting, depth, aside, lastCommitMs } = pipeline.status();
  return {
    database: config.database.kind,
    waiting,
    depth,
    aside,
    lastCommit: lastCommitMs === undefined ? null : new Date(lastCommitMs).toISOString(),
  };
}
