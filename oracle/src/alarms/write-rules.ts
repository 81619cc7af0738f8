import { writeFileSync } from "node:fs";

import { prometheusRules } from "./rules.ts";

// Writes oracle/ops/prometheus-rules.yml anew: npm run docs:alarms.
writeFileSync(new URL("../../ops/prometheus-rules.yml", import.meta.url), prometheusRules());
