import type { Ledger } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals } from "@commonwatt/sdk/profile";

/** Sums of a ledger's recorded profiles, by plain addition. Wh. */
export type LedgerSums = {
  /** By meter number. */
  readonly imports: ReadonlyMap<number, bigint>;
  readonly exports: ReadonlyMap<number, bigint>;
  /** Sum over the quarter-hours of min(all exports, all imports). */
  readonly matchable: bigint;
  /** As much of it as can change hands: nobody trades with themselves. Below `matchable` only where one home has most of both. */
  readonly tradable: bigint;
};

type Sides = { readonly imported: bigint; readonly exported: bigint };

function least(...values: readonly bigint[]): bigint {
  return values.reduce((smallest, value) => (value < smallest ? value : smallest));
}

export function sumLedger({ profiles }: Ledger): LedgerSums {
  const imports = new Map<number, bigint>();
  const exports = new Map<number, bigint>();
  const quarters = new Map<number, Sides[]>();
  for (const { meter, day, intervals } of profiles) {
    const decoded = decodeIntervals(intervals);
    for (let index = 0; index < 96; index++) {
      const imported = BigInt(decoded.imports[index] ?? 0);
      const exported = BigInt(decoded.exports[index] ?? 0);
      imports.set(meter, (imports.get(meter) ?? 0n) + imported);
      exports.set(meter, (exports.get(meter) ?? 0n) + exported);
      quarters.set(day * 96 + index, [...(quarters.get(day * 96 + index) ?? []), { imported, exported }]);
    }
  }
  let matchable = 0n;
  let tradable = 0n;
  for (const homes of quarters.values()) {
    const imported = homes.reduce((sum, home) => sum + home.imported, 0n);
    const exported = homes.reduce((sum, home) => sum + home.exported, 0n);
    matchable += least(imported, exported);
    // Each trade needs somebody other than the home in question on one of its sides.
    const others = homes.map((home) => imported + exported - home.imported - home.exported);
    tradable += least(imported, exported, ...others);
  }
  return { imports, exports, matchable, tradable };
}
