import { z } from "zod";

import { seconds } from "./fields.ts";

const ether = z.string().regex(/^\d{1,9}(?:\.\d{1,18})?$/u, { error: 'expected ether as text, such as "0.05"' });

export const relay = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "Send the signed actions of members, and pay for them from the submitter's account. Needs the api section",
      ),
    actionsPerDay: z.int().min(1).max(10_000).default(20).describe("Actions of one member in a day (UTC)"),
    failuresPerDay: z
      .int()
      .min(1)
      .max(1_000)
      .default(3)
      .describe("After so many actions of a member that failed on chain in a day, no more are taken that day"),
    maxGas: z.int().min(100_000).max(16_000_000).default(3_000_000).describe("Most gas of one action"),
    gasPerMemberPerDay: z
      .int()
      .min(100_000)
      .max(1_000_000_000)
      .default(6_000_000)
      .describe("Gas of all actions of one member in a day"),
    gasPerDay: z
      .int()
      .min(100_000)
      .max(100_000_000_000)
      .default(60_000_000)
      .describe("Gas of all actions of all members in a day"),
    reserveEther: ether
      .default("0.05")
      .describe("Ether that is kept in the submitter's account for recording and settling: no action is paid from it"),
    quietSeconds: seconds(0, 3_600)
      .default(60)
      .describe("So long before the settlement's next step no action is sent, so that none stands in its way"),
    maxQueued: z.int().min(1).max(10_000).default(200).describe("Actions that wait to be sent, of all members"),
    expireSeconds: seconds(60, 7 * 86_400)
      .default(86_400)
      .describe("An action that could not be sent for so long is given up"),
  })
  .describe(
    "The relay: members without ether act by signing, and the oracle sends it. Limits keep it from being drained",
  );

export type RelayConfig = z.infer<typeof relay>;
