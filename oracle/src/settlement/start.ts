import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import type { Logger } from "pino";

import type { Reader, Writer } from "../chain/clients.ts";
import { createMarketReader } from "../chain/market.ts";
import { createSender } from "../chain/sender.ts";
import type { Clock } from "../clock/clock.ts";
import type { Config } from "../config/schema.ts";
import type { OutboxStore } from "../outbox/outbox-store.ts";
import { createSettler, type Settler } from "./settler.ts";
import { createStreet } from "./street.ts";

export type SettlementParts = {
  reader: Reader;
  writer: Writer;
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
  const { reader, writer, deployment, clock, outbox, closedAsOf, log } = parts;
  const { meters, timing, submission, settlement } = config;
  const { address } = writer.account;
  if (settlement.enabled && (await reader.getCode({ address })) !== undefined) {
    throw new CommonwattError(
      `The submitter's account ${address} has code, expected a plain account: settleDay takes no other`,
    );
  }
  const chain = createMarketReader(reader, deployment);
  const numbers = meters.map(({ meter }) => meter);
  const machineMs = Date.now;
  return createSettler({
    chain,
    street: createStreet(chain, numbers, timing.confirmations),
    sender: createSender({ reader, writer }, { ...deployment, ...timing, ...submission, nowMs: machineMs }),
    outbox,
    settlement,
    graceSeconds: timing.graceSeconds,
    retrySeconds: submission.retrySeconds,
    // On a quiet chain the latest block can be old; in simulation its time is the only one.
    now: (latest) => (config.clock === "chain" ? latest : Math.max(latest, Math.floor(clock.nowMs() / 1000))),
    closedAsOf,
    startedAt: Math.floor(clock.nowMs() / 1000),
    machineMs,
    log,
  });
}
