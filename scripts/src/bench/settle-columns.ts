import type { Hex } from "viem";

import { type CostInputs, costOf } from "./cost-model.ts";
import { fitGas, type GasParts } from "./fit.ts";
import { calldataColumns, NEW_SLOT_BYTES, STATE_BYTE_GAS } from "./future-gas.ts";

/** A row of the bench: what was done, and its gas. */
export type BenchRow = { bench: string; gas: number } & Record<string, string | number>;

/** A settled day of the bench, with the input of its settlement. */
export type SettleMeasurement = { readonly row: BenchRow; readonly input: Hex };

/** Adds to a settled day what is computed: calldata, coming rules, money. */
export function withColumns({ row, input }: SettleMeasurement, inputs: CostInputs): BenchRow {
  const announceGas = Number(row["announceGas"]);
  const meters = Number(row["meters"]);
  const settleGas = row.gas - announceGas;
  const columns = calldataColumns(input, settleGas);
  const perHousehold = (gas: number): number => (announceGas + gas) / meters;
  const { l1Eur, l2Eur, compressedBytes } = costOf(row.gas, input, inputs);
  // Days of many meters are not traced; they run the code of those of few.
  const newSlots = Number(row["newSlots"] ?? 0);
  return {
    ...row,
    ...columns,
    gasPerHouseholdDayEip7976: perHousehold(columns.gasEip7976),
    gasPerHouseholdDayEip7976Short: perHousehold(columns.gasEip7976Short),
    gasPerHouseholdDayEip8037: (row.gas + newSlots * NEW_SLOT_BYTES * STATE_BYTE_GAS) / meters,
    compressedBytes,
    l1CentsPerHouseholdDay: (100 * l1Eur) / meters,
    l2CentsPerHouseholdDay: (100 * l2Eur) / meters,
  };
}

/** Fixed, per class and per meter, over all settled days of one kind of key. */
export function partsOf(rows: readonly BenchRow[]): GasParts {
  return fitGas(
    rows
      .filter((row) => row["keys"] === undefined)
      .map((row) => ({ meters: Number(row["meters"]), classes: Number(row["classes"]), gas: row.gas })),
  );
}
