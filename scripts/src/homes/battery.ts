/** A home battery. Energies in milli-Wh. */
export type Battery = {
  readonly capacityMilliWh: number;
  /** Most energy in or out during one quarter-hour, measured outside the battery. */
  readonly quarterMilliWh: number;
  /** Share that survives each way, per thousand. */
  readonly perMilleEachWay: number;
};

/** What the battery did in one quarter-hour: energy taken in and given out, outside it, and what it then holds. */
export type BatteryStep = {
  readonly chargeMilliWh: number;
  readonly dischargeMilliWh: number;
  readonly storedMilliWh: number;
};

/**
 * Runs the battery for one quarter-hour: it takes in surplus and covers need, as much as power and capacity allow.
 * Integer arithmetic; each loss is rounded against the battery, so energy never comes from nowhere.
 *
 * @param storedMilliWh - What it holds before.
 * @param netMilliWh - Load minus generation: negative is surplus.
 */
export function runBattery(battery: Battery, storedMilliWh: number, netMilliWh: number): BatteryStep {
  const keep = battery.perMilleEachWay;
  if (netMilliWh < 0) {
    // The largest charge of which what is kept still fits: floor((room * 1000 + 999) / keep) would overfill by rounding.
    const fits = Math.floor(((battery.capacityMilliWh - storedMilliWh) * 1000) / keep);
    const chargeMilliWh = Math.min(-netMilliWh, battery.quarterMilliWh, fits);
    const kept = Math.floor((chargeMilliWh * keep) / 1000);
    return { chargeMilliWh, dischargeMilliWh: 0, storedMilliWh: storedMilliWh + kept };
  }
  const available = Math.floor((storedMilliWh * keep) / 1000);
  const dischargeMilliWh = Math.min(netMilliWh, battery.quarterMilliWh, available);
  const drawn = Math.ceil((dischargeMilliWh * 1000) / keep);
  return { chargeMilliWh: 0, dischargeMilliWh, storedMilliWh: storedMilliWh - drawn };
}
