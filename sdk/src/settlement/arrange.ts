import type { Address } from "viem";

import { InvalidValueError } from "../commonwatt-error.ts";
import type { Limits } from "./types.ts";

/** A meter of a batch, by what decides where it stands there. */
export type Arrangeable = Limits & { meter: number; device: Address; community: boolean; exponent: number };

/**
 * Puts meters in the order of a batch: of the same limits and unit together, for each change of class costs gas. Forced
 * ones must stand in the order in which they were forced, so their classes come first and can come more than once; all
 * others join the first class of theirs. No arrangement has fewer classes.
 *
 * @param forced - Devices in the order of forcing.
 * @returns Classes in the order of the batch, none of them empty.
 * @throws InvalidValueError when a forced device is not among the meters.
 */
export function arrange<Meter extends Arrangeable>(
  meters: readonly Meter[],
  forced: readonly Address[],
): [Meter, ...Meter[]][] {
  const byDevice = new Map(meters.map((meter) => [meter.device.toLowerCase(), meter]));
  const classes: [Meter, ...Meter[]][] = [];
  const forcedMeters = forced.map((device) => {
    const meter = byDevice.get(device.toLowerCase());
    if (meter === undefined) throw new InvalidValueError("forced device", device, "the device of a meter of the batch");
    return meter;
  });
  for (const meter of forcedMeters) {
    const last = classes.at(-1);
    if (last !== undefined && inOrder(last[0], meter) === 0) last.push(meter);
    else classes.push([meter]);
  }
  const isForced = new Set(forcedMeters);
  const others = meters.filter((meter) => !isForced.has(meter));
  for (const meter of others.toSorted((a, b) => inOrder(a, b) || a.meter - b.meter)) {
    const own = classes.find(([first]) => inOrder(first, meter) === 0);
    if (own === undefined) classes.push([meter]);
    else own.push(meter);
  }
  return classes;
}

/** Order of classes; 0: the same class. */
function inOrder(a: Arrangeable, b: Arrangeable): number {
  return (
    Number(b.community) - Number(a.community) ||
    a.askTicks - b.askTicks ||
    a.bidTicks - b.bidTicks ||
    a.exponent - b.exponent
  );
}
