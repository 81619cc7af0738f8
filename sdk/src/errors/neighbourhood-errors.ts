import type { Explanations } from "./error-values.ts";

/** Members, meters and devices. */
export const registrationErrors: Explanations = {
  NotALocalChain: (v) => `Play money exists on local chains only, not on chain ${v.integer("chainId")}.`,
  NotAContract: (v) => `There is no contract at ${v.address("account")}.`,
  AlreadyMember: (v) => `${v.address("account")} is already a member of this neighbourhood.`,
  NotMember: (v) => `${v.address("account")} is not a member of this neighbourhood.`,
  MemberOwnsMeters: (v) =>
    `${v.address("member")} still owns meters here (${v.number("meters")}) and can only leave without any.`,
  MeterAlreadyRegistered: (v) => `Meter ${v.number("meter")} is already registered.`,
  MeterIsClosed: (v) => `Meter ${v.number("meter")} is closed: it takes no device any more.`,
  UnknownMeter: (v) => `Meter ${v.number("meter")} is not registered in this neighbourhood.`,
  InvalidMeterNumber: (v) => `${v.number("meter")} cannot be a meter's number: numbers begin at 1.`,
  InvalidUnitExponent: (v) =>
    `A meter's unit can be 1, 10 or 100 Wh (exponent 0, 1 or 2), not exponent ${v.number("unitExponent")}.`,
  InvalidCap: (v) =>
    `A cap of ${v.energy("capWh")} per quarter-hour is not possible: it must be a multiple of ${v.energy("unitWh")}, above zero and at most ${v.energy("maxWh")}.`,
  InvalidOwner: (v) => `${v.address("owner")} cannot own a meter.`,
  InvalidPlace: () => "The place must be a label of 1 to 32 plain letters, digits and signs.",
  InvalidRetirementWindow: (v) =>
    `A window of ${v.number("windowDays")} days for using energy is not possible: it must be 1 to ${v.number("maxDays")} days.`,
  MeterHasDevice: (v) => `Meter ${v.number("meter")} already has a device, ${v.address("device")}.`,
  MeterHasNoDevice: (v) => `Meter ${v.number("meter")} has no device.`,
  DeviceAlreadyClaimed: (v) =>
    `Device ${v.address("device")} already serves the neighbourhood ${v.address("neighbourhood")}. It must be released there first.`,
  NotDeviceHolder: (v) =>
    `Only the neighbourhood that device ${v.address("device")} serves can release it: that is ${v.address("holder")}, not ${v.address("caller")}.`,
  PossessionNotProven: (v) =>
    `Device ${v.address("device")} has not proven that it belongs to this meter: the proof is signed by ${v.address("recovered")}.`,
  StaleOpeningRegisters: (v) =>
    `The new device must begin where the meter stands, at ${v.meterUnits("currentImport")} import and ${v.meterUnits("currentExport")} export, not at ${v.meterUnits("importRegister")} and ${v.meterUnits("exportRegister")}.`,
  DeviceTombstoned: (v) =>
    `Device ${v.address("device")} of meter ${v.number("meter")} was revoked or replaced and can never be used here again.`,
};

/** Profiles of days. */
export const profileErrors: Explanations = {
  UnknownDevice: (v) =>
    `The profile is signed by ${v.address("recovered")}, which is no device of this neighbourhood: it is forged, or made for another neighbourhood or chain.`,
  MalformedSignature: (v) =>
    `The device's signature is malformed (${v.number("length")} bytes; 65 in the one accepted form are expected, or 128 of a P-256 device).`,
  DayNotOver: (v) =>
    `The day ${v.day("day")} is not over yet: it ends at ${v.instant("endsAt")}, and the chain's time is ${v.instant("timestamp")}.`,
  DayNotAfterLast: (v) =>
    `The day ${v.day("day")} cannot be recorded: days go in order, and ${v.day("lastDay")} is already recorded for this meter.`,
  RegisterOutOfRange: (v) =>
    `A register of ${v.meterUnits("register")} is out of range: registers stay below ${v.meterUnits("limit")}.`,
  RegisterBackwards: (v) =>
    `The meter's register ran backwards: it says ${v.meterUnits("register")} after ${v.meterUnits("previous")}.`,
  InvalidIntervalsLength: (v) =>
    v.has("expected")
      ? `The profile's intervals have ${v.number("length")} bytes, expected ${v.number("expected")}.`
      : `The profile's intervals have ${v.number("length")} bytes.`,
  IntervalAboveCap: (v) =>
    `The quarter-hour ${v.interval("interval")} has ${v.meterUnits("units")}, more than this connection's cap of ${v.meterUnits("capUnits")}.`,
  InvalidQuality: (v) => `The profile's quality marks are malformed (${v.number("quality")}).`,
  MissingIntervalNotZero: (v) =>
    `The quarter-hour ${v.interval("interval")} is marked as missing but carries ${v.meterUnits("units")}.`,
  IntervalsExceedRegister: (v) =>
    `The quarter-hours sum up to ${v.meterUnits("sumUnits")}, but the register only moved by ${v.meterUnits("increaseUnits")}.`,
  InsufficientGas: (v) =>
    `The transaction has too little gas for this many profiles: ${v.number("available")} left, ${v.number("needed")} needed. Send fewer at once.`,
};

/** Using energy. */
export const retirementErrors: Explanations = {
  RetirementWindowClosed: (v) =>
    `Energy of ${v.day("day")} can no longer be used: its window closed at ${v.instant("closedAt")}.`,
  StaleRemainingImports: (v) =>
    `The import of meter ${v.number("meter")} on ${v.day("day")} has changed since it was read, or was never recorded. Load it again and retry.`,
  IntervalOutsideDay: (v) => `The quarter-hour ${v.interval("interval")} is not part of ${v.day("day")}.`,
  RetirementExceedsImport: (v) =>
    `At ${v.interval("interval")} only ${v.energy("remainingWh")} of import is left to cover, not ${v.energy("energyWh")}.`,
  NothingToRetire: () => "There is nothing to use: every amount is zero.",
};
