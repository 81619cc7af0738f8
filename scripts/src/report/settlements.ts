import type { Deployment } from "@commonwatt/sdk/deployment";
import { readSettledDay, type ReadSettledDay } from "@commonwatt/sdk/ledger/read-settled-day";
import type { Ledger, Registers, SettlementEntry } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals, sumUnits } from "@commonwatt/sdk/profile";
import type { Day } from "@commonwatt/sdk/time";

import type { ChainClient } from "../run/local-chain.ts";

/** A settled day: what the contract logged, what its transaction's input says, and what it took. */
export type Settlement = SettlementEntry &
  ReadSettledDay & {
    /** Gas of all transactions of the day: announcement, forced profiles, settlement. */
    readonly gas: bigint;
  };

/**
 * Reads the settled days of a ledger back from their transactions. Days on which nobody shared are left out.
 *
 * @throws As `readSettledDay`.
 */
export async function readSettlements(
  client: ChainClient,
  deployment: Deployment,
  ledger: Pick<Ledger, "events" | "settlements" | "devices" | "tariffs">,
): Promise<Settlement[]> {
  const settlements: Settlement[] = [];
  for (const entry of ledger.settlements) {
    if (entry.payments.length === 0) continue;
    const read = await readSettledDay(client, deployment, ledger, entry);
    settlements.push({ ...entry, ...read, gas: await gasOfDay(client, ledger, entry.day) });
  }
  return settlements;
}

async function gasOfDay(client: ChainClient, { events }: Pick<Ledger, "events">, day: Day): Promise<bigint> {
  const hashes = events.flatMap((event) => {
    const belongs =
      (event.eventName === "DayAnnounced" || event.eventName === "ProfileForced" || event.eventName === "DaySettled") &&
      event.args.day === day;
    return belongs ? [event.transactionHash] : [];
  });
  let gas = 0n;
  for (const hash of new Set(hashes)) gas += (await client.getTransactionReceipt({ hash })).gasUsed;
  return gas;
}

/** A settled meter-day with the energy that its intervals do not account for, Wh. */
export type SettledMeterDay = {
  readonly day: Day;
  readonly meter: number;
  readonly importWh: bigint;
  readonly exportWh: bigint;
  readonly unattributedWh: bigint;
};

/**
 * The meter-days of settled days, in their order.
 *
 * @param registers - Of the meters before the ledger's first event; brought up to date. One that is not there began at 0.
 */
export function settledMeterDays(
  settlements: readonly Settlement[],
  ledger: Pick<Ledger, "events">,
  registers = new Map<number, Registers>(),
): SettledMeterDay[] {
  return ledger.events.flatMap((event) => {
    if (
      event.eventName === "DeviceRegistered" ||
      event.eventName === "ProfileRecorded" ||
      event.eventName === "LateRecorded"
    ) {
      registers.set(event.args.meter, event.args);
    }
    if (event.eventName !== "DaySettled") return [];
    const settlement = settlements.find(({ transactionHash }) => transactionHash === event.transactionHash);
    return settlement === undefined ? [] : meterDaysOf(settlement, registers);
  });
}

function meterDaysOf({ day, profiles, payments }: Settlement, registers: Map<number, Registers>): SettledMeterDay[] {
  // A profile that does not fit its meter is in the batch, but moves no register.
  const settled = new Set<number>(payments.map(({ meter }) => meter));
  return profiles
    .filter(({ meter }) => settled.has(meter))
    .map(({ meter, exponent, profile }) => {
      const before = registers.get(meter) ?? { importRegister: 0n, exportRegister: 0n };
      registers.set(meter, profile);
      const unitWh = 10n ** BigInt(exponent);
      const { imports, exports } = decodeIntervals(profile.intervals);
      const [importUnits, exportUnits] = [sumUnits(imports), sumUnits(exports)];
      const grown = profile.importRegister - before.importRegister + profile.exportRegister - before.exportRegister;
      return {
        day,
        meter,
        importWh: importUnits * unitWh,
        exportWh: exportUnits * unitWh,
        unattributedWh: (grown - importUnits - exportUnits) * unitWh,
      };
    });
}
