import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import { wholeNumber } from "@commonwatt/sdk/integers";
import {
  encodePlace,
  ENERGY_SOURCES,
  type EnergySource,
  METER_KINDS,
  type MeterKind,
  unitWhOf,
} from "@commonwatt/sdk/meters";
import { dayOf, isoDay } from "@commonwatt/sdk/time";
import type { Address } from "viem";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import { findMeter, type MeterOnRecord } from "./look.ts";
import { wordIndex } from "./values.ts";

/** A metering point as its operator registers it. */
export type NewMeter = {
  meter: number;
  owner: Address;
  kind: MeterKind;
  source: EnergySource;
  /** 0, 1 or 2: the meter counts in units of 1, 10 or 100 Wh, for ever. */
  unitExponent: number;
  /** Most energy in either direction per interval. */
  capWh: number;
  /** 1 to 32 printable ASCII characters. */
  place: string;
};

/** Adds a metering point. Role: operator. Number, owner and unit are for ever. */
export async function registerMeter(actor: Actor, input: NewMeter): Promise<Outcome> {
  const { meter, owner, capWh } = input;
  const unitWh = unitWhOf(input.unitExponent);
  const registration = {
    meter: wholeNumber("meter", meter, 1, 0xffff_ffff),
    owner,
    kind: wordIndex("kind", METER_KINDS, input.kind),
    source: wordIndex("source", ENERGY_SOURCES, input.source),
    unitExponent: input.unitExponent,
    capWh: capOf(capWh, Number(unitWh)),
    place: encodePlace(input.place),
  };
  await quiet(actor);
  const known = await findMeter(actor.community, meter);
  if (known !== undefined) {
    const other = differences(known, registration);
    if (other.length === 0) return already(`Meter ${meter} of ${owner} is registered already.`);
    throw new CommonwattError(
      `Meter ${meter} is registered already, and not as it is given here: ${other.join(", ")}. A number is for ever: expected another one`,
    );
  }
  const will = `Meter ${meter} (${input.kind}, ${input.source}, ${input.place}) is registered for ${owner}: at most ${capWh} Wh in a quarter-hour, counted in units of ${unitWh} Wh. Number, owner and unit are for ever.`;
  return act(actor, will, { ...actor.community.contract, functionName: "registerMeter", args: [registration] });
}

/**
 * Ends a meter and its device. Role: operator. Tokens, signed imports and money stay the owner's.
 *
 * @throws CommonwattError while a day that it shares is being settled.
 */
export async function closeMeter(actor: Actor, meter: number): Promise<Outcome> {
  await quiet(actor);
  const { closed, owner } = await requireMeter(actor, meter);
  if (closed) return already(`Meter ${meter} is closed already.`);
  const will = `Meter ${meter} is closed for ever and its device ended; what it measured after the last recorded day is not recorded any more. Its tokens and money stay with ${owner}.`;
  return act(actor, will, { ...actor.community.contract, functionName: "closeMeter", args: [meter] });
}

/** Sets the most energy of a meter per interval. Role: governor. */
export async function setCap(actor: Actor, meter: number, capWh: number): Promise<Outcome> {
  await quiet(actor);
  const known = await requireMeter(actor, meter);
  capOf(capWh, 10 ** known.unitExponent);
  if (known.capWh === capWh) return already(`Meter ${meter} may have ${capWh} Wh in a quarter-hour already.`);
  const will = `Meter ${meter} may have at most ${capWh} Wh in a quarter-hour instead of ${known.capWh}, for all days that are not recorded yet.`;
  return act(actor, will, { ...actor.community.contract, functionName: "setCap", args: [meter, capWh] });
}

export type Rebase = { meter: number; importRegister: bigint; exportRegister: bigint; reason: string };

/**
 * Sets the registers of a meter whose counter was lost or replaced. Role: governor. Delivered days that are not recorded
 * are closed by it.
 *
 * @param input - Registers in the meter's unit.
 * @param evenUnrecorded - Do it though delivered days are not recorded: their energy is not attributed to intervals then.
 * @throws CommonwattError when delivered days are not recorded yet.
 */
export async function rebaseRegisters(actor: Actor, input: Rebase, evenUnrecorded = false): Promise<Outcome> {
  const { meter, importRegister, exportRegister, reason } = input;
  if (reason.trim() === "") throw new InvalidValueError("reason", reason, "a sentence for the audit");
  await quiet(actor);
  const { state } = await requireMeter(actor, meter);
  if (state === undefined) throw new CommonwattError(`Meter ${meter} has no device yet, expected one with registers`);
  if (state.importRegister === importRegister && state.exportRegister === exportRegister) {
    return already(
      `The registers of meter ${meter} are ${importRegister} import and ${exportRegister} export already.`,
    );
  }
  if (!evenUnrecorded) await requireRecorded(actor, meter, state.lastDay);
  const will = `The registers of meter ${meter} change from ${state.importRegister} to ${importRegister} import and from ${state.exportRegister} to ${exportRegister} export, in the meter's unit. Everyone sees it, with the reason: ${reason}`;
  const args = [meter, importRegister, exportRegister, reason];
  return act(actor, will, { ...actor.community.contract, functionName: "rebaseRegisters", args });
}

/**
 * The meter.
 *
 * @throws CommonwattError when there is none.
 */
export async function requireMeter({ community }: Actor, meter: number): Promise<MeterOnRecord> {
  const known = await findMeter(community, meter);
  if (known !== undefined) return known;
  throw new CommonwattError(
    `There is no meter ${meter} in ${community.deployment.name}, expected one that is registered`,
  );
}

/**
 * Refuses what would close delivered days of a meter that are not on chain yet.
 *
 * @throws CommonwattError naming the last day on chain.
 */
export async function requireRecorded(actor: Actor, meter: number, lastDay: number): Promise<void> {
  const { timestamp } = await actor.community.reader.getBlock();
  const today = dayOf(timestamp);
  if (lastDay >= today - 1) return;
  const since = isoDay((lastDay + 1) as typeof today);
  throw new CommonwattError(
    `Days of meter ${meter} from ${since} on are over and not on chain, expected all of them there first: their energy would belong to no quarter-hour. Let the oracle record them, or say --even-unrecorded`,
  );
}

/** The cap, when the contract can hold it. */
function capOf(capWh: number, unitWh: number): number {
  const maxWh = 32_767 * unitWh;
  if (Number.isInteger(capWh) && capWh >= unitWh && capWh <= maxWh && capWh % unitWh === 0) return capWh;
  throw new InvalidValueError("capWh", capWh, `a multiple of ${unitWh} from ${unitWh} to ${maxWh}`);
}

type Registration = Pick<MeterOnRecord, "owner" | "kind" | "source" | "unitExponent" | "place">;

/** What of a meter differs from how it is to be registered; its cap may have been changed since. */
function differences(known: Registration, wanted: Registration): string[] {
  const fields = ["owner", "kind", "source", "unitExponent", "place"] as const;
  return fields
    .filter((field) => String(known[field]).toLowerCase() !== String(wanted[field]).toLowerCase())
    .map((field) => `${field} is ${known[field]}, not ${wanted[field]}`);
}
