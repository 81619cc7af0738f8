import type { Settlement } from "../src/report/settlements.ts";

/** What one meter sells and buys by the sharing key, as fractions of the interval's totals: exact. */
export type Share = {
  readonly meter: number;
  /** Per interval, Wh x the interval's larger side. */
  readonly sold: readonly Fraction[];
  readonly bought: readonly Fraction[];
};

type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

const TICKS_WH_PER_BASE_UNIT = 10n;

/**
 * The dynamic sharing key of European practice, by its definition and none of the project's code: in each interval the
 * smaller side is served wholly, the larger one in proportion to what each meter measured.
 */
export function sharingKey({ meters }: Pick<Settlement, "meters">): Share[] {
  const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);
  const totals = Array.from({ length: 96 }, (_, index) => {
    const supply = sum(meters.map(({ exports }) => exports[index] ?? 0));
    const demand = sum(meters.map(({ imports }) => imports[index] ?? 0));
    return { supply, demand, matched: supply < demand ? supply : demand };
  });
  const part = (measured: readonly number[], all: "supply" | "demand"): Fraction[] =>
    totals.map((total, index) => ({
      numerator: BigInt(measured[index] ?? 0) * total.matched,
      denominator: total[all] === 0n ? 1n : total[all],
    }));
  return meters.map(({ meter, imports, exports }) => ({
    meter,
    sold: part(exports, "supply"),
    bought: part(imports, "demand"),
  }));
}

/**
 * What a meter owes by the key, at one price for all: not less than the exact sum and less than `1 + slack` more.
 *
 * @returns How many millionths of a base unit `paidBaseUnits` is above the exact sum.
 */
export function millionthsAbove(
  { sold, bought }: Share,
  { communityPriceTicks, networkChargeTicks }: Settlement["tariff"],
  paidBaseUnits: bigint,
): bigint {
  const exact = (parts: readonly Fraction[], ticks: number): bigint =>
    // Millionths, rounded down once per interval: 96 of them are far below the rounding in question.
    parts.reduce(
      (total, { numerator, denominator }) =>
        total + (numerator * BigInt(ticks) * 1_000_000n) / (denominator * TICKS_WH_PER_BASE_UNIT),
      0n,
    );
  const owed = exact(bought, communityPriceTicks + networkChargeTicks) - exact(sold, communityPriceTicks);
  return paidBaseUnits * 1_000_000n - owed;
}
