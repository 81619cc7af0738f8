import { dayEnd } from "@commonwatt/sdk/time";
import type { Logger } from "pino";
import type { Address } from "viem";

import type { Recorder } from "../chain/recorder.ts";
import type { Clock } from "../clock/clock.ts";
import type { MeterConfig } from "../config/schema.ts";
import type { MeterStore } from "../storage/meter-store.ts";

export type AdoptParts = {
  store: MeterStore;
  devices: ReadonlyMap<number, Address>;
  recorder: Pick<Recorder, "device">;
  clock: Pick<Clock, "nowMs">;
  log: Logger;
};

/**
 * Before a meter's first day is closed, takes over the registers its device has on chain, where those are ahead: after a
 * database was lost, or when the opening registers are not in the config. Registers on chain never go back.
 *
 * @param devices - Device of each meter.
 * @throws When the node does not answer.
 */
export async function adoptChainRegisters(
  meters: readonly MeterConfig[],
  { store, devices, recorder, clock, log }: AdoptParts,
): Promise<void> {
  for (const { meter, unitWh } of meters) {
    const state = store.meter(meter);
    const device = devices.get(meter);
    const [firstDay] = store.openDays(meter);
    if (state === undefined || device === undefined || state.closedDay >= 0 || firstDay === undefined) continue;
    if (clock.nowMs() < dayEnd(firstDay) * 1000) continue;
    const onChain = await recorder.device(device);
    if (onChain.meter !== meter) continue;
    const importWh = Math.max(state.importWh, Number(onChain.importRegister) * unitWh);
    const exportWh = Math.max(state.exportWh, Number(onChain.exportRegister) * unitWh);
    if (importWh === state.importWh && exportWh === state.exportWh) continue;
    store.saveMeter(meter, { ...state, importWh, exportWh });
    log.warn(
      { event: "registers-adopted", meter, importWh, exportWh },
      `Meter ${meter} goes on from the registers it has on chain: ${importWh} Wh import, ${exportWh} Wh export`,
    );
  }
}
