import { z } from "zod";

import { seconds } from "./fields.ts";

/** Several oracle processes on one PostgreSQL database. */
export const cluster = z
  .strictObject({
    beatMilliseconds: z
      .int()
      .min(50)
      .max(10_000)
      .default(1_000)
      .describe("Milliseconds between two looks of a process at who else is there and what is free"),
    silenceSeconds: seconds(2, 3_600)
      .default(15)
      .describe(
        "A process that the database has not heard of for so long is cut off from it, so that the others can take over its share",
      ),
    patienceSeconds: seconds(1, 3_600)
      .default(60)
      .describe(
        "Messages are worked through in order of time once nothing older can be on its way from the broker; for a connection to the broker that is not answering it is waited at most so long",
      ),
  })
  .describe(
    "Several oracle processes share the meters of one neighbourhood, over one PostgreSQL database and one MQTT 5 broker; each has the same config but its own dataDir, ports and nothing else. Any of them may be stopped or die. Without this section the oracle is one process",
  );
