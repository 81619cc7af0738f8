import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { MAX_INTERVAL_UNITS } from "@commonwatt/sdk/profile";
import type { Logger } from "pino";
import type { Address } from "viem";

import type { MeterConfig } from "../config/schema.ts";
import type { Route } from "../outbox/outbox-store.ts";
import { sharesOn } from "../settlement/build-view.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Roster } from "../signature/roster.ts";
import type { MeterStore } from "../storage/meter-store.ts";
import type { DeviceOnChain, Recorder } from "./recorder.ts";

export type RegistrationParts = {
  recorder: Pick<Recorder, "device" | "queuedSettings">;
  /** Device of each meter; `lookAgain` where another may have taken over. */
  devices: { get(meter: number): Address | undefined } & Partial<Pick<Roster, "lookAgain">>;
  log: Logger;
};

const QUARTER_HOURS = 4;
/** Thousands of meters one after the other would hold up the start, all together the node. */
const LOOKUPS_AT_ONCE = 32;

/**
 * Compares the config with what the chain knows of the meters' devices, at the start.
 *
 * @throws CommonwattError when they contradict each other: every day of that meter would be refused, or worse, accepted.
 */
export async function checkRegistrations(meters: readonly MeterConfig[], parts: RegistrationParts): Promise<void> {
  for (let index = 0; index < meters.length; index += LOOKUPS_AT_ONCE) {
    await Promise.all(meters.slice(index, index + LOOKUPS_AT_ONCE).map((meter) => checkRegistration(meter, parts)));
  }
}

async function checkRegistration(meter: MeterConfig, parts: RegistrationParts): Promise<void> {
  const { log } = parts;
  const onChain = await lookUp(meter, parts);
  if (onChain === undefined) {
    log.warn(
      { event: "not-registered", meter: meter.meter },
      `The device of meter ${meter.meter} is not registered yet: its days wait`,
    );
  } else if (!onChain.active) {
    log.error(
      { event: "revoked", meter: meter.meter },
      `The device of meter ${meter.meter} was revoked: its days will be refused`,
    );
  } else if (onChain.capUnits * meter.unitWh < meter.fuseWatts / QUARTER_HOURS) {
    const capWh = onChain.capUnits * meter.unitWh;
    log.warn(
      { event: "low-cap", meter: meter.meter, capWh },
      `Meter ${meter.meter} may have ${capWh} Wh an interval on chain, its fuse carries ${meter.fuseWatts / QUARTER_HOURS} Wh: intervals above the cap will be missing`,
    );
  }
}

/** What the chain says of a meter before its days are closed. */
export type ClosingTerms = {
  /** Most energy of an interval that the chain accepts, in units. */
  maxUnits: number;
  /** Which way the profile of a day goes. A day that has begun cannot change its mind, so it is asked once. */
  routeOf: (day: number) => Route;
};

/**
 * What the chain says of a meter before its days are closed. Before the first of them, takes over the registers the device
 * has on chain where those are ahead: after a database was lost, or when the opening registers are not in the config.
 * Registers on chain never go back. The days that are in them then count as closed.
 *
 * @throws CommonwattError when config and chain contradict each other; otherwise when the node does not answer.
 */
export async function prepareToClose(
  meter: MeterConfig,
  { store, pipeline }: { store: MeterStore; pipeline: Pick<Pipeline, "adopt"> },
  parts: RegistrationParts,
): Promise<ClosingTerms> {
  const onChain = await lookUp(meter, parts);
  const state = await store.meter(meter.meter);
  if (onChain?.active === false) {
    throw new CommonwattError(
      `Its device was revoked: they wait until it has another one. Make its key with "keys rotate --meter ${meter.meter}"`,
    );
  }
  if (onChain === undefined || state === undefined) {
    return { maxUnits: MAX_INTERVAL_UNITS, routeOf: () => "record" };
  }
  const importWh = Math.max(state.importWh, Number(onChain.importRegister) * meter.unitWh);
  const exportWh = Math.max(state.exportWh, Number(onChain.exportRegister) * meter.unitWh);
  if (state.closedDay < 0 && (importWh > state.importWh || exportWh > state.exportWh)) {
    await pipeline.adopt(meter.meter, { importWh, exportWh, lastDay: onChain.lastDay });
    parts.log.warn(
      { event: "registers-adopted", meter: meter.meter, importWh, exportWh },
      `Meter ${meter.meter} goes on from the registers it has on chain: ${importWh} Wh import, ${exportWh} Wh export`,
    );
  }
  const settings = onChain.settingsQueued ? await parts.recorder.queuedSettings(meter.meter) : undefined;
  return {
    maxUnits: onChain.capUnits,
    routeOf: (day) => (sharesOn({ state: onChain, settings }, day) ? "share" : "record"),
  };
}

/** The meter's device on chain; undefined when it is not registered. */
async function lookUp(
  meter: MeterConfig,
  { recorder, devices }: RegistrationParts,
): Promise<DeviceOnChain | undefined> {
  let device = devices.get(meter.meter);
  if (device === undefined) {
    if (devices.lookAgain === undefined) return undefined;
    throw new CommonwattError(
      `The signer has no key of its device. Make it with "keys create --meters ${meter.meter}"`,
    );
  }
  let onChain = await recorder.device(device);
  if (devices.lookAgain !== undefined && onChain.meter !== 0 && (!onChain.active || onChain.deviceQueued)) {
    await devices.lookAgain(meter.meter);
    const now = devices.get(meter.meter) ?? device;
    if (now !== device) onChain = await recorder.device(now);
    device = now;
  }
  if (onChain.meter === 0) return undefined;
  if (onChain.meter !== meter.meter) {
    throw new CommonwattError(
      `Device ${device} is registered for meter ${onChain.meter}, expected meter ${meter.meter}`,
    );
  }
  const unitWh = 10 ** onChain.unitExponent;
  if (unitWh !== meter.unitWh) {
    throw new CommonwattError(
      `Meter ${meter.meter} has unitWh ${meter.unitWh} in the config, expected ${unitWh}, as on chain`,
    );
  }
  return onChain;
}
