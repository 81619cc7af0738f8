import type { BenchRow } from "./settle-columns.ts";

/** Most gas per household-day of a settled day, announcement included. */
const DAY_GOALS = [
  { meters: 100, classes: 4, mostGas: 21_000 },
  { meters: 256, classes: 12, mostGas: 20_000 },
] as const;
/** Most gas per household-day that a meter with a P-256 key costs more than one with the chain's own. */
const MOST_P256_GAS = 6_500;

/**
 * What of the gas goals the measured days miss.
 *
 * @param rows - Settled days of the bench.
 * @param sources - Kinds of profiles on which each goal must be measured: "real", "generated".
 * @returns One sentence for each missed goal and each goal that no row measures; empty if all are met.
 */
export function missedGoals(rows: readonly BenchRow[], sources: readonly string[]): string[] {
  return sources.flatMap((source) => {
    const ofSource = rows.filter((row) => row.bench === "settleDay" && row["profiles"] === source);
    return [
      ...DAY_GOALS.flatMap(({ meters, classes, mostGas }) => {
        const row = ofSource.find(
          (of) => of["keys"] === undefined && of["meters"] === meters && of["classes"] === classes,
        );
        const name = `Settling ${meters} meters in ${classes} classes on ${source} profiles`;
        return judge(name, row === undefined ? undefined : row.gas / meters, mostGas);
      }),
      ...judge(`A P-256 key, instead of the chain's own, on ${source} profiles`, p256Extra(ofSource), MOST_P256_GAS),
    ];
  });
}

/**
 * Gas per household-day that a P-256 key costs more, by the same days signed on either curve.
 *
 * @returns Undefined where those days are not among the rows.
 */
export function p256Extra(rows: readonly BenchRow[]): number | undefined {
  const [chainsOwn, p256] = ["secp256k1", "P-256"].map((keys) => rows.find((row) => row["keys"] === keys));
  return chainsOwn === undefined || p256 === undefined
    ? undefined
    : (p256.gas - chainsOwn.gas) / Number(p256["meters"]);
}

function judge(name: string, gas: number | undefined, mostGas: number): string[] {
  if (gas === undefined) return [`${name} was not measured, expected at most ${mostGas} gas per household-day.`];
  if (gas <= mostGas) return [];
  return [`${name} takes ${gas.toFixed(1)} gas per household-day, expected at most ${mostGas}.`];
}
