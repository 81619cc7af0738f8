import { loadConfig } from "../config/load.ts";
import { configOption, defineVerb } from "./verb.ts";

export const runVerb = defineVerb({
  usage: "--config FILE",
  options: { config: configOption },
  details: "Runs until it gets SIGTERM or SIGINT (Ctrl-C). Its log is one line of JSON per event on standard output.",
  async run({ config }) {
    // Loaded for the run only: it is most of the program, and help should be quick.
    const { run } = await import("../run.ts");
    await run(loadConfig(config));
    // Whatever the node still owes an answer to must not hold the process.
    process.exit(0);
  },
});
