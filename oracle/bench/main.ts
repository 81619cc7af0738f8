/** `npm run bench:oracle`: see options.ts. */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";

import { postgresPrograms, startPostgres } from "../test/support/postgres.ts";
import { type Footprint, measureFootprint } from "./footprint.ts";
import { HELP, parseBenchOptions } from "./options.ts";
import { measureRates, type Rate } from "./rates.ts";

const REFERENCE = "embedded broker alone";

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The medians of the rounds, field by field, and how each compares with the broker alone that messages came to in the same way. */
function medians(rounds: readonly Rate[][]) {
  const nameOf = ({ what, shape }: Rate) => (shape === undefined ? what : `${what}, ${shape}`);
  const byName = Map.groupBy(rounds.flat(), nameOf);
  const of = (rates: readonly Rate[], field: Exclude<keyof Rate, "what" | "shape">, digits: number) => {
    const values = rates.map((rate) => rate[field]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : Number(median(values).toFixed(digits));
  };
  return [...byName].map(([what, rates]) => {
    const reference = byName.get(nameOf({ what: REFERENCE, shape: rates[0]?.shape, perSecond: 0 }));
    const perSecond = of(rates, "perSecond", 0);
    return {
      bench: "oracle-rate",
      what,
      perSecond,
      ratioToBroker:
        reference === undefined || perSecond === undefined
          ? undefined
          : Number((perSecond / (of(reference, "perSecond", 0) ?? Number.NaN)).toFixed(3)),
      p50Ms: of(rates, "p50Ms", 2),
      p99Ms: of(rates, "p99Ms", 2),
      workedThroughPerSecond: of(rates, "workedThroughPerSecond", 0),
      cpuPerMessageUs: of(rates, "cpuPerMessageUs", 1),
    };
  });
}

function rounded(footprint: Footprint): Footprint {
  return Object.fromEntries(
    Object.entries(footprint).map(([name, value]) => [name, Number(value.toFixed(2))]),
  ) as Footprint;
}

async function main(): Promise<void> {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  const { seconds, rounds: count, meters } = options;
  const postgres = postgresPrograms() === undefined ? undefined : await startPostgres();
  try {
    const rounds: Rate[][] = [];
    for (let round = 1; round <= count; round++) {
      console.log(`Round ${round} of ${count}, ${seconds} s for each measurement ...`);
      rounds.push(await measureRates(seconds, postgres, round));
    }
    const rates = medians(rounds);
    console.log(
      `Medians of ${count} rounds; client and server share ${cpus().length} cores of ${cpus()[0]?.model ?? "?"}:`,
    );
    console.table(Object.fromEntries(rates.map(({ bench, what, ...rate }) => [`${bench}: ${what}`, rate])));
    console.log(
      `${meters} meters with a message every ten seconds, for ${4 * seconds} s, then killed under full load:`,
    );
    const footprint = rounded(await measureFootprint(meters, 4 * seconds));
    console.log(footprint);
    const rows = [...rates, { bench: "oracle-footprint", ...footprint }];
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  } finally {
    await postgres?.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
