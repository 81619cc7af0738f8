import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { loadConfigWithoutMeters } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { discover } from "../discover/discover.ts";
import { showProposal } from "../discover/show.ts";
import { configOption, defineVerb, print } from "./verb.ts";

const MAX_SECONDS = 86_400;

export const discoverVerb = defineVerb({
  usage: "--config FILE [--seconds 60] [--json]",
  options: {
    config: configOption,
    seconds: { type: "string", value: "N", default: "60", about: "how long to listen" },
    json: { type: "boolean", about: "print the proposal as JSON" },
  },
  details: "The configuration may lack its meters. Ctrl-C ends the listening; what was heard until then is used.",
  async run({ config, ...options }) {
    print(await runDiscover(loadConfigWithoutMeters(config), options));
  },
});

/**
 * The verb `discover`: listens, then prints what it proposes. Progress goes to standard error, so that the result can be
 * piped. Ctrl-C ends the listening, and what was heard until then is used.
 *
 * @throws CommonwattError when `seconds` is none.
 */
export async function runDiscover(
  config: Config,
  { seconds, json }: { seconds: string; json: boolean },
): Promise<string> {
  const duration = /^\d{1,5}$/u.test(seconds) ? Number(seconds) : 0;
  if (duration < 1 || duration > MAX_SECONDS)
    throw new CommonwattError(`--seconds is ${JSON.stringify(seconds)}, expected 1 to ${MAX_SECONDS}`);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      stop.abort();
    });
  const proposal = await discover(config, {
    seconds: duration,
    signal: stop.signal,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  return json ? JSON.stringify(proposal) : showProposal(proposal);
}
