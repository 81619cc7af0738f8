import { parseArgs } from "node:util";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { summarize } from "./cli/check.ts";
import { runDiscover } from "./cli/discover.ts";
import { createHttpKey } from "./cli/http-keys.ts";
import { createKeys } from "./cli/keys.ts";
import { provePossession } from "./cli/possession.ts";
import { loadConfig, loadConfigWithoutMeters } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { run } from "./run.ts";

const USAGE = `usage: node oracle/src/main.ts VERB --config FILE
  run                                   read the meters, sign and record their days, serve the offer board
  discover [--seconds 60] [--json]      listen on the config's sources and propose the meters of what is heard
  check                                 check the config and say what it means
  keys create --meters 1,2,...          make the device keys of these meters
  keys create --submitter               make the key of the account that pays for transactions
  keys http [--user N] [--node NAME]    make a key for the HTTP input, for one node or for any
  possession --meter N --import-register X --export-register Y
                                        sign a device's proof of possession for these opening registers
  possession --meters 1,2,...           the same for several meters that open with the same registers`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: "string" },
      meters: { type: "string" },
      submitter: { type: "boolean", default: false },
      meter: { type: "string" },
      user: { type: "string" },
      node: { type: "string" },
      seconds: { type: "string" },
      json: { type: "boolean", default: false },
      "import-register": { type: "string" },
      "export-register": { type: "string" },
    },
  });
  const { meters, submitter } = values;
  const verb = positionals.join(" ");
  if (!["run", "check", "discover", "keys create", "keys http", "possession"].includes(verb)) {
    throw new CommonwattError(`${verb === "" ? "No verb" : `Unknown verb ${JSON.stringify(verb)}`}\n${USAGE}`);
  }
  if (values.config === undefined) throw new CommonwattError(`--config is missing\n${USAGE}`);
  if (verb === "discover") {
    print(await runDiscover(loadConfigWithoutMeters(values.config), values));
    return;
  }
  const config = loadConfig(values.config);
  if (verb === "run") {
    await run(config);
    // Whatever the node still owes an answer to must not hold the process.
    process.exit(0);
  }
  if (verb === "check") print(summarize(config));
  else if (verb === "keys create") print(JSON.stringify(await createKeys(config, { meters, submitter })));
  else if (verb === "keys http") print(JSON.stringify(createHttpKey(config, { user: values.user, node: values.node })));
  else print(JSON.stringify(await possession(config, values)));
}

type PossessionOptions = {
  meter?: string | undefined;
  meters?: string | undefined;
  "import-register"?: string | undefined;
  "export-register"?: string | undefined;
};

async function possession(config: Config, options: PossessionOptions): Promise<unknown> {
  const registers = { importRegister: options["import-register"], exportRegister: options["export-register"] };
  if (options.meters !== undefined) return provePossession(config, options.meters.split(","), registers);
  const [proof] = await provePossession(config, [options.meter ?? ""], registers);
  return { device: proof?.device, signature: proof?.signature };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  // A stack trace helps only where the mistake is ours.
  const expected = error instanceof CommonwattError || (error instanceof TypeError && "code" in error);
  process.stderr.write(
    `${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
}
