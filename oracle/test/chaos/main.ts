/** What `npm run test:chaos` runs: see options.ts for what can be asked, run-chaos.ts for what is done. */
import { writeFileSync } from "node:fs";

import { parseOptions } from "./options.ts";
import { type ChaosResult, runChaos } from "./run-chaos.ts";

const INTERRUPTED = 130;
const MAX_LINES = 40;

async function main(): Promise<number> {
  const runs = parseOptions(process.argv.slice(2)) ?? [];
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      stopping.abort(new Error("interrupted"));
    });
  }
  const results: ChaosResult[] = [];
  const minutes = runs[0]?.minutes;
  const untilMs = performance.now() + (minutes ?? 0) * 60_000;
  for (let turn = 0; turn < runs.length || (minutes !== undefined && performance.now() < untilMs); turn++) {
    const [asked] = runs.slice(turn % runs.length);
    if (asked === undefined) break;
    const options = { ...asked, seed: asked.seed + Math.floor(turn / runs.length) };
    const { seed, database, broker, kills, days, meters, oracles } = options;
    const who = oracles === 1 ? "one oracle" : `${oracles} oracles`;
    console.log(
      `== ${days} days of ${meters} meters, ${who}, ${kills} kills, ${database}, ${broker} broker, seed ${seed}`,
    );
    const began = performance.now();
    const progress = (text: string) => {
      console.log(`[${Math.round((performance.now() - began) / 1000)} s] ${text}`);
    };
    try {
      const result = await runChaos(options, progress, stopping.signal);
      results.push(result);
      report(result);
      if (result.differences.length > 0) break;
    } catch (error) {
      if (stopping.signal.aborted) return INTERRUPTED;
      throw error;
    }
  }
  const json = runs[0]?.json;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  return results.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

function report({ differences, ...figures }: ChaosResult): void {
  console.log(figures);
  if (differences.length === 0) {
    console.log(`The chain holds exactly the ${figures.profiles} profiles that the acknowledged readings come to.`);
    return;
  }
  console.log(`The chain does not hold what the acknowledged readings come to, ${differences.length} differences:`);
  for (const line of differences.slice(0, MAX_LINES)) console.log(`  ${line}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
