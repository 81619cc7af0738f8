import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";
import type { Address } from "viem";

import { commonBlock } from "../chain/endpoints/agree.ts";
import type { Endpoints } from "../chain/endpoints/endpoints.ts";
import { createMarketReader } from "../chain/market.ts";
import { createCarefulReader } from "../chain/reader.ts";
import { createSender } from "../chain/sender.ts";
import type { Submitter } from "../chain/transactions/submitter.ts";
import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import type { Setbacks } from "./setbacks.ts";
import { createSettler, type Settler } from "./settler.ts";
import { createStreet } from "./street.ts";

export type SettlementParts = {
  endpoints: Endpoints;
  submitter: Submitter;
  account: Address;
  setbacks: Setbacks;
  deployment: Deployment;
  clock: Clock;
  outbox: OutboxStore;
  closedAsOf: () => number;
  log: Logger;
};

/**
 * Puts the operator of the day settlement together from the config.
 *
 * @throws CommonwattError when the submitter's account has code: the contract takes settlements of plain accounts only.
 */
export async function startSettler(config: Config, parts: SettlementParts): Promise<Settler> {
  const { endpoints, submitter, account, setbacks, deployment, clock, outbox, closedAsOf, log } = parts;
  const { meters, timing, submission, settlement } = config;
  const reader = createCarefulReader(endpoints);
  const head = () => commonBlock(endpoints);
  if (settlement.enabled && (await reader.getCode({ address: account, blockNumber: await head() })) !== undefined) {
    throw new CommonwattError(
      `The submitter's account ${account} has code, expected a plain account: settleDay takes no other`,
    );
  }
  const chain = createMarketReader(reader, deployment, head);
  const numbers = [...meters, ...(config.edge?.meters ?? [])].map(({ meter }) => meter);
  return createSettler({
    chain,
    street: createStreet(chain, numbers, timing.confirmations),
    sender: createSender({ endpoints, submitter, neighbourhood: deployment.neighbourhood, account }),
    submitter,
    setbacks,
    outbox,
    settlement,
    graceSeconds: timing.graceSeconds,
    retrySeconds: submission.retrySeconds,
    // On a quiet chain the latest block can be old; in simulation its time is the only one.
    now: (latest) => (config.clock === "chain" ? latest : Math.max(latest, Math.floor(clock.nowMs() / 1000))),
    closedAsOf,
    startedAt: Math.floor(clock.nowMs() / 1000),
    machineMs: Date.now,
    log,
  });
}
