import type { OfferStore } from "./board/offer-store.ts";
import type { Endpoints } from "./chain/endpoints/endpoints.ts";
import type { Submitter } from "./chain/transactions/submitter.ts";
import type { Clock } from "./clock/clock.ts";
import type { ClusterStatus } from "./cluster/start.ts";
import { BILLING_MEANINGS } from "./config/check-meters.ts";
import type { Config, MeterConfig } from "./config/schema.ts";
import type { EdgeReport } from "./edge/relay/start-relay.ts";
import type { HttpInput } from "./http/server.ts";
import type { OutboxStore } from "./outbox/outbox-store.ts";
import type { Pipeline } from "./pipeline.ts";
import type { ChannelState } from "./registers/channel.ts";
import type { RefusalLog } from "./refusals.ts";
import type { SignerStatus } from "./signature/watch-signer.ts";
import type { SettlementStatus } from "./settlement/status.ts";
import type { MeterStore } from "./storage/meter-store.ts";

export type HealthParts = {
  config: Pick<Config, "meters" | "database">;
  clock: Clock;
  endpoints: Pick<Endpoints, "request" | "report">;
  /** Null while another process sends. */
  submitter: { report(): ReturnType<Submitter["report"]> | null };
  /** Undefined for a process that is alone. */
  cluster: () => ClusterStatus | undefined;
  outbox: OutboxStore;
  offers: OfferStore;
  store: MeterStore;
  refusals: RefusalLog;
  pipeline: Pick<Pipeline, "status" | "disagreementOf">;
  /** Undefined where the config asks for no HTTP input. */
  http: () => ReturnType<HttpInput["report"]> | undefined;
  /** Undefined where no meter signs for itself. */
  edge: () => EdgeReport | undefined;
  signer: () => SignerStatus;
  /** Undefined before the first look. */
  settlement: () => SettlementStatus | undefined;
};

/** What an operator asks first: is it alive, is the chain there, does anything queue, where does the settlement stand, which meter is silent. */
export function createHealth(parts: HealthParts) {
  const { clock, endpoints, submitter, outbox, offers, refusals, settlement } = parts;
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
      cluster: parts.cluster() ?? null,
      signer: parts.signer(),
      inbox: inboxStatus(parts),
      outbox: await outbox.counts(),
      settlement: settlement() ?? null,
      offers: await offers.count(),
      refusals: refusals.counts(),
      http: parts.http() ?? null,
      edge: parts.edge() ?? null,
      meters: await metersStatus(parts),
    }),
  };
}

/** Asked of the database at once: of thousands of meters one by one, whoever asks would hold up the messages. */
async function metersStatus({ config, store, pipeline }: HealthParts) {
  const channels = await store.allChannels();
  const timesOf = ({ meter, inputs }: MeterConfig) =>
    inputs.flatMap(({ input, meaning }) => {
      const channel = BILLING_MEANINGS.includes(meaning) ? channels.get(meter)?.get(input) : undefined;
      return channel?.meaning === meaning ? [(channel.state as ChannelState).timeMs] : [];
    });
  return config.meters.map((meter) => {
    const times = timesOf(meter);
    return {
      meter: meter.meter,
      lastReading: times.length === 0 ? null : new Date(Math.max(...times)).toISOString(),
      disagreement: pipeline.disagreementOf(meter.meter) ?? null,
    };
  });
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
