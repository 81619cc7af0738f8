import { configOption, defineVerb, print } from "../cli/verb.ts";
import { parseWhole } from "../community/values.ts";
import { loadConfig } from "../config/load.ts";
import { readChoice } from "./read-answer.ts";
import { watch } from "./watch.ts";

const MAX_MINUTES = 14 * 24 * 60;

export const watchVerb = defineVerb({
  usage: "--config FILE [--until recorded|settled] [--minutes 4320]",
  options: {
    config: configOption,
    until: { type: "string", value: "WHAT", default: "settled", about: "recorded or settled" },
    minutes: { type: "string", value: "N", default: "4320", about: "how long" },
  },
  details:
    "Says in plain words what the running oracle waits for, until its first day is on chain. Ctrl-C ends it at any time.",
  async run({ config, until, minutes }) {
    const { board } = loadConfig(config);
    await watch(`http://${board.host}:${board.port}/api/health`, {
      until: readChoice("--until", ["recorded", "settled"])(until),
      minutes: parseWhole("--minutes", minutes, 1, MAX_MINUTES),
      say: print,
    });
  },
});
