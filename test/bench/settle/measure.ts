import type { Hex } from "viem";

import type { Row } from "../row.ts";
import { type Energy, energyOf, generatedEnergy } from "./energy.ts";
import { SettleStreet, type Settled } from "./street.ts";

/** A settled day of the bench, with the input of its settlement for whoever wants to compute on it. */
export type SettleMeasurement = { row: Row; input: Hex };

const METERS = [20, 100, 256] as const;
const CLASSES = [1, 4, 12, 32] as const;
const P256_METERS = 20;
const SMALL = 20;

/**
 * Settled days in steady state: every meter has shared before, so no storage slot is new.
 *
 * @param meters - Numbers of meters to settle; the largest is the size of the street.
 * @param classes - Numbers of limit classes, each only where there are as many meters.
 */
async function settledDays(
  { source, days }: Energy,
  meters: readonly number[],
  classes: readonly number[],
): Promise<SettleMeasurement[]> {
  const street = await SettleStreet.create(days, () => "secp256k1");
  const found: SettleMeasurement[] = [];
  for (const count of classes) {
    await street.share(count);
    for (const among of meters.filter((some) => some >= count)) {
      const settled = await street.settle((index) => index < among);
      found.push(measurement({ meters: among, classes: count, profiles: source }, among, settled));
    }
  }
  return found;
}

/** The same meter-days signed on either curve. */
async function onBothCurves({ source, days }: Energy): Promise<SettleMeasurement[]> {
  const meters = days.length;
  const street = await SettleStreet.create([...days, ...days], (index) => (index < meters ? "secp256k1" : "P-256"));
  await street.share(4);
  const found: SettleMeasurement[] = [];
  for (const keys of ["secp256k1", "P-256"] as const) {
    const settled = await street.settle((index) => index < meters === (keys === "secp256k1"));
    found.push(measurement({ meters, classes: 4, profiles: source, keys }, meters, settled));
  }
  return found;
}

function measurement(
  parameters: Record<string, string | number>,
  meters: number,
  { announceGas, settleGas, input, newSlots }: Settled,
): SettleMeasurement {
  const gas = announceGas + settleGas;
  const row = {
    bench: "settleDay",
    ...parameters,
    gas,
    gasPerHouseholdDay: gas / meters,
    announceGas,
    ...(newSlots !== undefined && { newSlots }),
  };
  return { row, input };
}

/** Every measurement: real profiles where the data sets are there. */
export async function measureSettlements(): Promise<SettleMeasurement[]> {
  return [
    ...(await settledDays(energyOf(Math.max(...METERS)), METERS, CLASSES)),
    ...(await onBothCurves(energyOf(P256_METERS))),
  ];
}

/** The days that have goals, on generated profiles whatever data sets are there; the curves are in the small ones. */
export async function measureGenerated(): Promise<SettleMeasurement[]> {
  return settledDays(generatedEnergy(Math.max(...METERS)), [100, 256], [4, 12]);
}

/** A few small ones on generated profiles, for the snapshot. */
export async function measureSmallSettlements(): Promise<Row[]> {
  const measured = [
    ...(await settledDays(generatedEnergy(SMALL), [SMALL], [1, 4])),
    ...(await onBothCurves(generatedEnergy(SMALL))),
  ];
  return measured.map(({ row }) => row);
}
