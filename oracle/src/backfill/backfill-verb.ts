import { readFileSync } from "node:fs";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { parseDeployment } from "@commonwatt/sdk/deployment";

import { openChain } from "../chain/open.ts";
import { createReader } from "../chain/reader.ts";
import { parseMeter } from "../cli/keys.ts";
import { configOption, defineVerb, print } from "../cli/verb.ts";
import { createChainClock, systemClock } from "../clock/clock.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { createLog } from "../log.ts";
import { openDatabase } from "../storage/open.ts";
import { backfill, type RowOutcome } from "./backfill.ts";
import { parseReadings } from "./parse.ts";

/** Lines about single rows; the sums are of all. */
const SHOWN = 20;
const PROGRESS_ROWS = 1_000;
const SENTENCES: Partial<Record<RowOutcome, string>> = {
  taken: "taken",
  closed: "of days that are closed: left as they are",
  duplicate: "there already",
  "out-of-order": "older than readings that have been taken since",
};

export const backfillVerb = defineVerb({
  usage: "--config FILE --meter N --file FILE [--input NAME]",
  options: {
    config: configOption,
    meter: { type: "string", value: "N", about: "whose readings", required: true },
    file: { type: "string", value: "FILE", about: "the readings: CSV or JSON", required: true },
    input: { type: "string", value: "NAME", about: "the input, where the file does not name it" },
  },
  details: [
    "Hands in readings that did not arrive, through the same checks as any other. The file is CSV with a heading line",
    "time,E1,..., an export of one feed of Emoncms (with --input), or lines of JSON. Stop the oracle before.",
  ].join("\n"),
  async run({ config: configFile, meter: number, file, input }) {
    const config = loadConfig(configFile);
    const wanted = parseMeter(config, number);
    const meter = config.meters.find((entry) => entry.meter === wanted);
    if (meter === undefined) throw new CommonwattError(`Meter ${number} is not in the config`);
    const { rows, bad } = parseReadings(readText(file), input);
    for (const { line, reason } of bad.slice(0, SHOWN)) print(`line ${line}: ${reason}`);

    const counts = new Map<RowOutcome, number>();
    let done = 0;
    let shown = 0;
    await using resources = new AsyncDisposableStack();
    const clock = await openClock(config, resources);
    const database = resources.adopt(await openDatabase(config), (opened) => opened.close());
    await backfill(rows, meter, {
      ...{ config, database, clock, log: createLog("silent") },
      onRow(row, outcome, detail) {
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        if (SENTENCES[outcome] === undefined && shown++ < SHOWN) print(`line ${row.line}: ${outcome}, ${detail}`);
        if (++done % PROGRESS_ROWS === 0) process.stderr.write(`${done} of ${rows.length} rows\n`);
      },
    });
    for (const [outcome, count] of counts) print(`${count} rows: ${SENTENCES[outcome] ?? `refused, ${outcome}`}`);
    if (bad.length > 0) print(`${bad.length} lines: no readings`);
    if (rows.length === 0) throw new CommonwattError(`There is no reading in ${file}`);
  },
});

async function openClock(config: Config, resources: AsyncDisposableStack) {
  if (config.clock === "system") return systemClock;
  const deployment = parseDeployment(readFileSync(config.deploymentFile, "utf8"));
  const endpoints = resources.adopt(await openChain(config, deployment, createLog("silent")), (opened) => {
    opened.close();
  });
  const clock = createChainClock(createReader(endpoints));
  await clock.refresh();
  return clock;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommonwattError(`${file} cannot be read: ${String(error)}`);
  }
}
