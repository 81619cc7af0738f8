import { z } from "zod";

import { port, seconds } from "./fields.ts";

const days = (otherwise: number) => z.int().min(1).max(365).default(otherwise);

export const admin = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default("127.0.0.1")
      .describe(
        "Address to listen on. Whoever reaches it learns meters' numbers, balances and alarms, and no secret: stay on loopback, or in a network for supervision only",
      ),
    port: port.default(9464).describe('0: a free port, named in the log line "ready"'),
  })
  .describe(
    "Where the oracle is supervised: `/metrics`, `/healthz`, `/readyz` and what the verb `status` shows. Without it nobody listens there",
  );

export const alarms = z
  .strictObject({
    messagesStaleSeconds: seconds(60, 14 * 86_400)
      .default(900)
      .describe(
        "The oracle is not ready when the newest reading of all meters is older. Where devices upload once a day, set more than a day",
      ),
    meterSilentSeconds: seconds(60, 60 * 86_400)
      .default(7_200)
      .describe("A meter is silent when its newest reading is older"),
    inboxLagSeconds: seconds(10, 86_400)
      .default(300)
      .describe("The oracle is not ready when a message has waited for longer to be worked through"),
    headStaleSeconds: seconds(10, 86_400)
      .default(600)
      .describe(
        "The oracle is not ready when the chain's latest block is older. Only judged with the system's clock; more on a chain that makes a block for a transaction only",
      ),
    gasDays: days(14).describe("Alarm when the submitter's money lasts for fewer days at the pace of the last week"),
    diskDays: days(30).describe("Alarm when the disk is full in fewer days at the pace of the last week"),
    diskFreeMegabytes: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(500)
      .describe("Alarm when less is free on the disk of `dataDir`"),
    backupDays: days(8).describe("Alarm when the last backup is older; also when there was none in the first days"),
  })
  .describe("When the oracle raises an alarm, in its log, in `status` and for Prometheus");
