import { CommonwattError, InvalidValueError } from "@commonwatt/sdk/commonwatt-error";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { meterNumber } from "@commonwatt/sdk/ids";
import { CUSTODIES, type Custody, KEY_TYPES, type KeyType } from "@commonwatt/sdk/meters";
import { recoverP256 } from "@commonwatt/sdk/p256";
import { deviceRegistrationTypedData } from "@commonwatt/sdk/profile-signing";
import { assertCanonicalSignature, isP256Signature } from "@commonwatt/sdk/signatures";
import { type Day, isoDay } from "@commonwatt/sdk/time";
import { deviceRegistryAbi } from "@commonwatt/sdk/generated/abis";
import { type Address, hashTypedData, type Hex, recoverTypedDataAddress, zeroAddress } from "viem";

import { act, type Actor, already, type Outcome, quiet } from "./act.ts";
import type { MeterOnRecord } from "./look.ts";
import { requireMeter, requireRecorded } from "./meters.ts";
import { wordIndex } from "./values.ts";

/** A device with the proof that its key is at hand. */
export type NewDevice = {
  meter: number;
  device: Address;
  /** The device's signature over its address, the meter, these registers and this neighbourhood. */
  possession: Hex;
  /** In the meter's unit: what the counter shows for a first device, what the chain has for a later one. */
  importRegister: bigint;
  exportRegister: bigint;
  keyType: KeyType;
  custody: Custody;
};

/** Gives a meter its first device; the current day is the first that can be recorded. Role: operator. */
export async function registerDevice(actor: Actor, input: NewDevice): Promise<Outcome> {
  const { meter, device } = input;
  const registration = await toRegistration(actor, input);
  await quiet(actor);
  const known = await requireMeter(actor, meter);
  if (isCurrent(known, device)) return already(`The device of meter ${meter} is ${device} already.`);
  if (known.device !== undefined) {
    throw new CommonwattError(
      `Meter ${meter} has the device ${known.device} already: replace it with "devices rotate", expected a meter without a device`,
    );
  }
  await requireFree(actor, device);
  const will = `Meter ${meter} gets its device ${device} (key kept by the ${input.custody}), from registers ${input.importRegister} import and ${input.exportRegister} export on.`;
  return act(actor, will, { ...actor.community.contract, functionName: "registerDevice", args: [registration] });
}

/**
 * Replaces a meter's device. Role: operator. The active device of a meter that shares signs on until the end of the day:
 * the new one takes over tomorrow. Any other is replaced at once.
 *
 * @param input - Registers as the chain has them, see {@link rotationRegisters}.
 * @param evenUnrecorded - Do it though delivered days are not recorded.
 * @throws CommonwattError when the change would be at once and delivered days are not recorded yet.
 */
export async function rotateDevice(actor: Actor, input: NewDevice, evenUnrecorded = false): Promise<Outcome> {
  const { meter, device } = input;
  const { community } = actor;
  const registration = await toRegistration(actor, input);
  await quiet(actor);
  const known = await requireMeter(actor, meter);
  if (isCurrent(known, device)) return already(`The device of meter ${meter} is ${device} already.`);
  const { state, device: oldDevice } = known;
  if (state === undefined || oldDevice === undefined) {
    throw new CommonwattError(`Meter ${meter} has no device yet: give it one with "devices register"`);
  }
  const [effectiveDay, queued] = await community.reader.readContract({
    ...community.contract,
    functionName: "queuedDevice",
    args: [meter],
  });
  if (queued.toLowerCase() === device.toLowerCase()) {
    return already(`The device ${device} takes over meter ${meter} on ${isoDay(effectiveDay as Day)} already.`);
  }
  await requireFree(actor, device);
  const waits = state.sharing && state.active;
  // With a day that closes later the old device signs all that it delivered.
  if (!waits && state.active && !evenUnrecorded) await requireRecorded(actor, meter, state.lastDay);
  const when = waits ? "from tomorrow (UTC) on; until then the old one signs" : "at once";
  const will = `Device ${device} takes over meter ${meter} ${when}. The old one, ${oldDevice}, can never sign here again after that.`;
  return act(actor, will, { ...community.contract, functionName: "rotateDevice", args: [registration] });
}

/** The registers that a new device has to prove its possession for: those its meter has on chain now. */
export async function rotationRegisters(
  actor: Actor,
  meter: number,
): Promise<{ importRegister: bigint; exportRegister: bigint }> {
  const { state } = await requireMeter(actor, meter);
  if (state === undefined) throw new CommonwattError(`Meter ${meter} has no device yet, expected one to replace`);
  return { importRegister: state.importRegister, exportRegister: state.exportRegister };
}

/** Ends a device at once: lost, stolen, misused. Role: guardian; the meter's owner may too. */
export async function revokeDevice(actor: Actor, meter: number): Promise<Outcome> {
  await quiet(actor);
  const { device, state, owner } = await requireMeter(actor, meter);
  if (device === undefined || state === undefined) {
    throw new CommonwattError(`Meter ${meter} has no device, expected one to revoke`);
  }
  if (!state.active) return already(`The device ${device} of meter ${meter} is revoked already.`);
  const own = owner.toLowerCase() === actor.account.address.toLowerCase();
  const will = `The device ${device} of meter ${meter} is revoked at once: nothing it signs is recorded any more. The meter's days wait for a new device.`;
  const functionName = own ? "revokeMyDevice" : "revokeDevice";
  return act(actor, will, { ...actor.community.contract, functionName, args: [meter] });
}

async function toRegistration({ community: { deployment } }: Actor, input: NewDevice) {
  const { meter, device, importRegister, exportRegister, possession } = input;
  const named = { device, meter: meterNumber(meter), importRegister, exportRegister };
  const typedData = deviceRegistrationTypedData(neighbourhoodDomain(deployment), named);
  assertCanonicalSignature(possession);
  const signer = isP256Signature(possession)
    ? recoverP256(hashTypedData(typedData), possession)
    : await recoverTypedDataAddress({ ...typedData, signature: possession });
  if (signer.toLowerCase() !== device.toLowerCase()) {
    throw new InvalidValueError(
      "possession",
      possession,
      `the signature of ${device} over meter ${meter}, import register ${importRegister}, export register ${exportRegister} and the neighbourhood ${deployment.neighbourhood}`,
    );
  }
  return {
    ...named,
    keyType: wordIndex("keyType", KEY_TYPES, input.keyType),
    custody: wordIndex("custody", CUSTODIES, input.custody),
    possession,
  };
}

function isCurrent({ device, state }: MeterOnRecord, wanted: Address): boolean {
  return device?.toLowerCase() === wanted.toLowerCase() && state?.active === true;
}

/** A key serves one neighbourhood of a chain at a time. */
async function requireFree({ community }: Actor, device: Address): Promise<void> {
  const holder = await community.reader.readContract({
    address: community.deployment.deviceRegistry,
    abi: deviceRegistryAbi,
    functionName: "neighbourhoodOf",
    args: [device],
  });
  if (holder === zeroAddress) return;
  throw new CommonwattError(
    `The device ${device} serves the neighbourhood ${holder} already, expected a key that is free: make another with "keys create"`,
  );
}
