import type { Address } from "viem";

import { meterNumber, type MeterNumber } from "../ids.ts";
import { CUSTODIES, decodePlace, ENERGY_SOURCES, enumWord, KEY_TYPES, METER_KINDS, unitWhOf } from "../meters.ts";
import { decodePayments } from "../settlement/logged.ts";
import { wh } from "../units.ts";
import { positionOf } from "./position.ts";
import type { DeviceAtTime, DeviceEntry, LedgerEvent, MeterEntry, Position, RebaseEntry, Registers } from "./types.ts";

/** What a meter is at one moment, as far as the events up to it tell. */
type MeterState = {
  meter?: MeterEntry;
  device?: DeviceAtTime | undefined;
  registers?: Registers;
};

/**
 * Follows meters through the events of the neighbourhood, one event after the other in the order of the chain, so that
 * every profile can be checked against the device and the registers its meter had at that moment.
 */
export class MeterHistory {
  readonly meters: MeterEntry[] = [];
  readonly devices: DeviceEntry[] = [];
  readonly rebases: RebaseEntry[] = [];
  readonly #states = new Map<number, MeterState>();

  /** The meter's state now; empty for a meter of which nothing is known. */
  state(meter: number): Readonly<MeterState> {
    return this.#states.get(meter) ?? {};
  }

  /** Takes the next event in. Events that say nothing of meters change nothing. */
  apply(event: LedgerEvent): void {
    if (event.contract !== "neighbourhood") return;
    const at = positionOf(event);
    switch (event.eventName) {
      case "MeterRegistered": {
        const { owner, kind, source, unitExponent, capWh, place } = event.args;
        const entry: MeterEntry = {
          ...at,
          meter: meterNumber(event.args.meter),
          owner,
          kind: enumWord("meter kind", METER_KINDS, kind),
          source: enumWord("energy source", ENERGY_SOURCES, source),
          unitWh: unitWhOf(unitExponent),
          capWh: wh(capWh),
          place: decodePlace(place),
        };
        this.meters.push(entry);
        this.#change(entry.meter, { meter: entry });
        return;
      }
      case "CapChanged":
        this.#changeCap(meterNumber(event.args.meter), event.args.capWh);
        return;
      case "DeviceRegistered": {
        const { device, keyType, custody, importRegister, exportRegister } = event.args;
        const meter = meterNumber(event.args.meter);
        this.devices.push({ ...at, action: "registered", meter, device });
        this.#change(meter, {
          device: {
            device,
            custody: enumWord("custody", CUSTODIES, custody),
            keyType: enumWord("key type", KEY_TYPES, keyType),
          },
          registers: { importRegister, exportRegister },
        });
        return;
      }
      case "DeviceRotated":
        this.#rotate(at, meterNumber(event.args.meter), event.args.oldDevice, event.args.newDevice);
        return;
      case "DeviceRevoked": {
        const meter = meterNumber(event.args.meter);
        this.devices.push({ ...at, action: "revoked", meter, device: event.args.device });
        this.#change(meter, { device: undefined });
        return;
      }
      case "RegistersRebased": {
        const { oldImportRegister, oldExportRegister, newImportRegister, newExportRegister, reason } = event.args;
        const meter = meterNumber(event.args.meter);
        const before = { importRegister: oldImportRegister, exportRegister: oldExportRegister };
        const after = { importRegister: newImportRegister, exportRegister: newExportRegister };
        this.rebases.push({ ...at, meter, before, after, reason });
        this.#change(meter, { registers: after });
        return;
      }
      case "DaySettled":
        // The registers are in the transaction's input, which the events do not carry.
        for (const { meter } of decodePayments(event.args.payments)) this.#forgetRegisters(meter);
        return;
      case "LateRecorded":
      case "ProfileRecorded": {
        const { importRegister, exportRegister } = event.args;
        this.#change(meterNumber(event.args.meter), { registers: { importRegister, exportRegister } });
        return;
      }
    }
  }

  /** Forgets all registers, after events among which recorded profiles were left out. */
  forgetRegisters(): void {
    for (const meter of this.#states.keys()) this.#forgetRegisters(meter);
  }

  #forgetRegisters(meter: number): void {
    const state = this.#states.get(meter);
    if (state !== undefined) delete state.registers;
  }

  #change(meter: MeterNumber, change: Partial<MeterState>): void {
    this.#states.set(meter, { ...this.state(meter), ...change });
  }

  #changeCap(meter: MeterNumber, capWh: number): void {
    const entry = this.state(meter).meter;
    if (entry !== undefined) entry.capWh = wh(capWh);
  }

  #rotate(at: Position, meter: MeterNumber, oldDevice: Address, newDevice: Address): void {
    this.devices.push({ ...at, action: "rotated", meter, device: newDevice, oldDevice });
    // A registration of the same device tells its custody; it may come before or after this event.
    const known = this.state(meter).device;
    if (known?.device !== newDevice) this.#change(meter, { device: { device: newDevice } });
  }
}
