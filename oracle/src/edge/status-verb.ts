import { readFileSync } from "node:fs";
import { join } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { configOption, defineVerb, print } from "../cli/verb.ts";
import { loadGatewayConfig } from "./gateway-config.ts";
import { type GatewayStatus, STATUS_FILE } from "./status.ts";

export const edgeStatusVerb = defineVerb({
  usage: "--config FILE [--json]",
  options: {
    config: { ...configOption, default: "edge.json", about: "the gateway's configuration" },
    json: { type: "boolean", about: "as the gateway wrote it" },
  },
  details: "Says what the gateway wrote down last: it does so every minute.",
  run({ config: file, json }) {
    const path = join(loadGatewayConfig(file).dataDir, STATUS_FILE);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch {
      throw new CommonwattError(`There is no ${path}: the gateway has not run yet`);
    }
    print(json ? text.trimEnd() : describe(JSON.parse(text) as GatewayStatus));
  },
});

function describe({ at, relay, clockSkewSeconds, meters }: GatewayStatus): string {
  const lines = [`As of ${at}. The relay's broker is ${relay.connected ? "there" : "not there"}.`];
  if (clockSkewSeconds !== null) lines.push(`This clock is ${clockSkewSeconds} s ahead of the relay's: set it right.`);
  for (const { meter, lastReading, lastSignedDay, lastDayOnChain, open } of meters) {
    lines.push(
      `Meter ${meter}: last reading ${lastReading ?? "none"}, last day signed ${lastSignedDay ?? "none"}, last day on chain ${lastDayOnChain ?? "none"}.`,
    );
    for (const { day, said, reason, overdue } of open) {
      const why = reason === undefined ? "" : `: ${reason}`;
      lines.push(`  ${day} ${overdue ? "is OVERDUE" : "is under way"} (${said}${why})`);
    }
  }
  return lines.join("\n");
}
