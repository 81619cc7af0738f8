import { readFileSync, writeFileSync } from "node:fs";

import { configReference } from "./reference.ts";
import { configSchema } from "./schema.ts";

// Writes docs/config.md anew: npm run docs:config.
const example: unknown = JSON.parse(readFileSync(new URL("../../config.example.json", import.meta.url), "utf8"));
writeFileSync(new URL("../../../docs/config.md", import.meta.url), configReference(configSchema, example));
