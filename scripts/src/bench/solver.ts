/**
 * `npm run bench:solver`: clears generated neighbourhoods with the project's solver and with HiGHS, side by side, and prints
 * the medians. Both must come to the same welfare.
 *
 * `--json FILE` writes the rows.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { encodeIntervals, sumUnits } from "@commonwatt/sdk/profile";
import { encodeSettleDay } from "@commonwatt/sdk/settlement/calldata";
import { planSettlement, type SettlementInput } from "@commonwatt/sdk/settlement/plan";
import { ordersOf } from "@commonwatt/sdk/settlement/reference/day";
import { solveDay } from "@commonwatt/sdk/settlement/solve";
import type { SettlementMeter, Tariff } from "@commonwatt/sdk/settlement/types";
import { numberToHex } from "viem";

import { loadHighs } from "./solver/highs.ts";
import { benchMarket } from "./solver/market.ts";
import { clearedWelfare } from "./solver/welfare.ts";
import { solveWelfare } from "./solver/welfare-lp.ts";

const NEIGHBOURHOODS = [20, 100, 256];
const ROUNDS = 31;
/** Relative difference of welfare up to which a solver of floating point agrees. */
const TOLERANCE = 1e-9;
const SIGNATURE = `0x${"11".repeat(64)}1b` as const;

/** The day as the oracle meets it: signed profiles, each with the state of its device. */
function announced(day: number, meters: readonly SettlementMeter[], tariff: Tariff): SettlementInput {
  return {
    day,
    tariff,
    bitmap: (1n << BigInt(meters.length)) - 1n,
    forced: [],
    meters: meters.map(({ exponent, imports, exports, ...meter }, seat) => ({
      device: numberToHex(seat + 1, { size: 20 }),
      state: {
        ...meter,
        unitExponent: exponent,
        active: true,
        lastDay: day - 1,
        importRegister: 0n,
        exportRegister: 0n,
        capUnits: 32_767,
        sharing: true,
        seat,
        settingsQueued: false,
        deviceQueued: false,
      },
      profile: {
        day,
        importRegister: sumUnits(imports),
        exportRegister: sumUnits(exports),
        quality: 0n,
        intervals: encodeIntervals(imports, exports),
        signature: SIGNATURE,
      },
    })),
  };
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
const highs = await loadHighs();

const rows = NEIGHBOURHOODS.map((count) => {
  const { day, meters, tariff } = benchMarket(count);
  const charge = tariff.networkChargeTicks;
  const orders = ordersOf(meters, tariff);
  const input = announced(day, meters, tariff);

  const clearing = solveDay(meters, tariff);
  const welfare = Number(clearedWelfare(orders, charge, clearing));
  const other = solveWelfare(highs, orders, charge).welfare;
  if (Math.abs(welfare - other) > TOLERANCE * Math.max(1, welfare)) {
    throw new Error(`The solvers disagree for ${count} meters: a welfare of ${welfare}, by HiGHS ${other} ticks x Wh`);
  }
  // In turns, so that whatever else the machine does meets both.
  const times = Array.from({ length: ROUNDS }, () => ({
    solve: timed(() => solveDay(meters, tariff)),
    whole: timed(() => encodeSettleDay(planSettlement(input).args)),
    highs: timed(() => solveWelfare(highs, orders, charge)),
  }));
  const of = (what: "solve" | "whole" | "highs") => Number(median(times.map((time) => time[what])).toFixed(3));
  return {
    bench: "solver",
    meters: count,
    intervals: clearing.intervals.length,
    clearedWh: Number(clearing.clearedWh),
    solveMs: of("solve"),
    calldataMs: of("whole"),
    highsMs: of("highs"),
  };
});

console.log(
  `Medians of ${ROUNDS} rounds on one core of ${cpus()[0]?.model ?? "an unknown processor"}, HiGHS ${highs.version.string}:`,
);
console.table(
  rows.map(({ meters, intervals, clearedWh, solveMs, calldataMs, highsMs }) => ({
    meters,
    intervals,
    "cleared kWh": clearedWh / 1_000,
    "solve ms": solveMs,
    "solve, plan and encode ms": calldataMs,
    "HiGHS ms": highsMs,
    "HiGHS / solve": Math.round(highsMs / solveMs),
  })),
);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
