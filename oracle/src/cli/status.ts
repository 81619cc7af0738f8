import { askReport } from "../admin/ask.ts";
import { showReport } from "../admin/show-report.ts";
import { loadConfig } from "../config/load.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const statusVerb = defineVerb({
  usage: "--config FILE [--json]",
  options: { config: configOption, json: { type: "boolean", about: "everything, as JSON for programs" } },
  details:
    'Asks the running oracle, which needs a section "admin" in its configuration. What it names is explained in docs/operations.md.',
  async run({ config, json }) {
    const report = await askReport(loadConfig(config));
    print(json ? JSON.stringify(report) : showReport(report));
  },
});
