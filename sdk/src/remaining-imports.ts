import { type Hex, bytesToHex, encodePacked, keccak256 } from "viem";

import { CommonwattError, InvalidValueError } from "./commonwatt-error.ts";
import { decodeUint16s, vector } from "./profile.ts";
import { type Day, firstInterval, formatInterval, INTERVALS_PER_DAY, type Interval } from "./time.ts";
import { formatKwh, type Wh, wh } from "./units.ts";

/** Energy of one meter over contiguous intervals: `energyWh[i]` belongs to `firstInterval + i`. */
export type EnergyRange = {
  /** The meter that exported the energy. */
  meter: number;
  firstInterval: number;
  energyWh: readonly number[];
};

const MAX_UINT16 = 0xffff;

/**
 * Encodes what of a day's import is not yet covered: 96 x uint16 big-endian, in the importing meter's unit.
 *
 * @returns 192 bytes.
 * @throws InvalidValueError when there are not 96 entries or one does not fit 16 bits.
 */
export function encodeRemainingImports(units: readonly number[]): Hex {
  const bytes = new Uint8Array(INTERVALS_PER_DAY * 2);
  const view = new DataView(bytes.buffer);
  vector("remainingImports", units, MAX_UINT16).forEach((value, index) => {
    view.setUint16(index * 2, value);
  });
  return bytesToHex(bytes);
}

/**
 * Decodes the 192 bytes that {@link encodeRemainingImports} makes.
 *
 * @throws InvalidValueError when the input is not 192 bytes of hex.
 */
export function decodeRemainingImports(hex: Hex): number[] {
  return decodeUint16s("remainingImports", hex, INTERVALS_PER_DAY);
}

/** What the neighbourhood stores of the vector: keccak256(abi.encodePacked(uint32 day, 192 bytes)). */
export function hashRemainingImports(of: Day, hex: Hex): Hex {
  return keccak256(encodePacked(["uint32", "bytes"], [of, hex]));
}

/**
 * The vector after a retirement, as the contract computes it.
 *
 * @param units - 96 entries in the importing meter's unit; not changed.
 * @param unitWh - Wh of one unit of the importing meter: 1, 10 or 100.
 * @throws CommonwattError when a range leaves the day, is no multiple of the unit, or exceeds the remaining import.
 */
export function subtractImports(
  units: readonly number[],
  ranges: readonly EnergyRange[],
  of: Day,
  unitWh: Wh | number,
): number[] {
  const unit = Number(unitWh);
  const left = [...vector("remainingImports", units, MAX_UINT16)];
  for (const range of ranges) {
    range.energyWh.forEach((energyWh, offset) => {
      const at = (range.firstInterval + offset) as Interval;
      const index = at - firstInterval(of);
      const remaining = left[index];
      if (remaining === undefined) throw new InvalidValueError("interval", at, `one of the 96 intervals of day ${of}`);
      if (energyWh % unit !== 0) throw new InvalidValueError("energyWh", energyWh, `a multiple of ${unit} Wh`);
      if (energyWh > remaining * unit) {
        throw new CommonwattError(
          `${formatKwh(wh(energyWh))} is more than the ${formatKwh(wh(remaining * unit))} of import left at ${formatInterval(at)}`,
        );
      }
      left[index] = remaining - energyWh / unit;
    });
  }
  return left;
}
