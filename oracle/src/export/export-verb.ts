import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { parseIsoDay } from "@commonwatt/sdk/time";

import { parseMeter } from "../cli/keys.ts";
import { configOption, defineVerb, print } from "../cli/verb.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { openReadOnly, type ReadOnlyDatabase } from "../storage/open-read-only.ts";
import { type Days, type Export, exportRows, EXPORTS } from "./tables.ts";
import { type ExportFormat, makeExportFolder, writeExport } from "./write-export.ts";

/** Day numbers are 16 bits on chain. */
const LAST_DAY = 0xffff;

export const exportVerb = defineVerb({
  usage: "--config FILE --meters 1,2,... --what intervals --out FOLDER [--from DAY] [--to DAY] [--format csv|json]",
  options: {
    config: configOption,
    meters: { type: "string", value: "1,2,...", about: "whose data", required: true },
    what: { type: "string", value: "A,B", default: EXPORTS.join(","), about: `any of ${EXPORTS.join(", ")}` },
    out: { type: "string", value: "FOLDER", about: "where the files go; only you may read it", required: true },
    from: { type: "string", value: "DAY", about: "first day, UTC, such as 2026-11-01; all without it" },
    to: { type: "string", value: "DAY", about: "last day" },
    format: { type: "string", value: "FORMAT", default: "csv", about: "csv or json" },
  },
  details: [
    "For the owner of a meter, who may have what the oracle knows. The oracle may run meanwhile. `readings` go back as far as",
    "messages are kept, `uses` are private and on no chain, `profiles` are what was signed, `intervals` are their energy.",
  ].join("\n"),
  async run({ config: file, meters, what, out, from, to, format }) {
    const config = loadConfig(file);
    const order = {
      meters: [...new Set(meters.split(",").map((text) => parseMeter(config, text)))],
      kinds: readKinds(what),
      days: { first: readDay("--from", from) ?? 0, end: (readDay("--to", to) ?? LAST_DAY) + 1 },
      format: readFormat(format),
    };
    if (order.days.first >= order.days.end) {
      throw new CommonwattError(`--to is ${to ?? ""}, expected ${from ?? ""} or later`);
    }
    makeExportFolder(out);
    const database = await openReadOnly(config);
    try {
      for (const kind of order.kinds) {
        const rows = allMeters(kind, { config, database, ...order });
        const written = await writeExport(out, { name: kind, format: order.format, rows });
        print(`${written.file}: ${written.count} rows`);
      }
    } finally {
      await database.close();
    }
  },
});

async function* allMeters(
  kind: Export,
  { config, database, meters, days }: { config: Config; database: ReadOnlyDatabase; meters: number[]; days: Days },
) {
  for (const meter of config.meters.filter((entry) => meters.includes(entry.meter))) {
    yield* exportRows(kind, database, meter, days);
  }
}

function readKinds(text: string): Export[] {
  return [...new Set(text.split(","))].map((word) => {
    const kind = EXPORTS.find((known) => known === word);
    if (kind === undefined) {
      throw new CommonwattError(`--what has ${JSON.stringify(word)}, expected any of ${EXPORTS.join(", ")}`);
    }
    return kind;
  });
}

function readFormat(text: string): ExportFormat {
  if (text === "csv" || text === "json") return text;
  throw new CommonwattError(`--format is ${JSON.stringify(text)}, expected csv or json`);
}

function readDay(option: string, text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : parseIsoDay(text);
  } catch {
    throw new CommonwattError(`${option} is ${JSON.stringify(text)}, expected a day such as 2026-11-01`);
  }
}
