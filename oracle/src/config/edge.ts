import { z } from "zod";

import type { Config } from "./schema.ts";

export const edge = z
  .strictObject({
    meters: z
      .array(
        z.strictObject({
          meter: z.int().min(1).max(0xffff_ffff).describe("Its number in the neighbourhood"),
          user: z
            .string()
            .min(1)
            .optional()
            .describe(
              "User of the embedded broker's `usersFile` that its gateway logs in as: it may show this meter's days and read their receipts, and nothing else",
            ),
        }),
      )
      .min(1)
      .max(16_384)
      .describe("The meters whose gateways sign for themselves, one entry each; they are not in `meters`"),
    maxOpenDays: z
      .int()
      .min(1)
      .max(1_000)
      .default(100)
      .describe("Days of one meter that wait to get on chain; more are taken when there is room"),
  })
  .describe("Meters whose days are signed on a gateway of their own and only passed on here");

export type EdgeConfig = z.infer<typeof edge>;

/**
 * What no schema can say about meters that sign for themselves.
 *
 * @returns One line per problem.
 */
export function checkEdge({ edge: section, meters, broker, cluster }: Config): string[] {
  const problems: string[] = [];
  const own = new Set(meters.map(({ meter }) => meter));
  if (section === undefined) {
    return own.size > 0 ? [] : ["meters: empty, expected one at least, or an edge section with meters"];
  }
  if (cluster !== undefined) problems.push("edge: given beside cluster, expected in a process of its own");
  const hasUsers = broker.kind === "embedded" && broker.usersFile !== undefined;
  const seen = new Set<number>();
  for (const [index, { meter, user }] of section.meters.entries()) {
    const place = `edge.meters[${index}]`;
    if (own.has(meter)) problems.push(`${place}.meter: ${meter} is in meters too, expected in one of the two`);
    if (seen.has(meter)) problems.push(`${place}.meter: ${meter} is there twice, expected once`);
    seen.add(meter);
    if (hasUsers && user === undefined)
      problems.push(`${place}.user: missing, expected the gateway's user, for broker.usersFile is given`);
    if (!hasUsers && user !== undefined)
      problems.push(
        `${place}.user: ${JSON.stringify(user)}, expected none without broker.usersFile; another broker has rules of its own`,
      );
  }
  return problems;
}
