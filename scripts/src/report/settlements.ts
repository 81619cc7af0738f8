import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Ledger, Named, Registers } from "@commonwatt/sdk/ledger/types";
import { decodeIntervals, sumUnits } from "@commonwatt/sdk/profile";
import { decodeSettleDay, type SettledProfile, settledProfiles } from "@commonwatt/sdk/settlement/calldata";
import { decodePayments } from "@commonwatt/sdk/settlement/logged";
import type { IntervalClaim, Tariff } from "@commonwatt/sdk/settlement/types";
import { type Day, day as toDay } from "@commonwatt/sdk/time";
import { size } from "viem";

import type { ChainClient } from "../run/local-chain.ts";

/** A profile of a settlement, with what it says of its meter. Units are the meter's. */
export type SettledMeter = SettledProfile & {
  /** By the registration of the device; undefined: of nobody here. */
  readonly meter: number | undefined;
  readonly imports: readonly number[];
  readonly exports: readonly number[];
};

/** A settled day: what its transaction's input says, and what the contract logged. */
export type Settlement = {
  readonly day: Day;
  readonly tariff: Tariff;
  readonly claims: readonly IntervalClaim[];
  /** In the order of the batch. */
  readonly meters: readonly SettledMeter[];
  readonly logged: Named<"DaySettled">;
  /** Gas of all transactions of the day: announcement, forced profiles, settlement. */
  readonly gas: bigint;
};

/**
 * Collects the settled days of a ledger from its events and from the inputs and receipts of their transactions. Days on
 * which nobody shared are left out.
 */
export async function readSettlements(
  client: ChainClient,
  deployment: Deployment,
  ledger: Pick<Ledger, "events" | "devices">,
): Promise<Settlement[]> {
  const settlements: Settlement[] = [];
  const meterOf = new Map(ledger.devices.map(({ device, meter }) => [device, meter]));
  for (const event of ledger.events) {
    if (event.eventName !== "DaySettled" || size(event.args.payments) === 0) continue;
    const day = toDay(event.args.day);
    const { input } = await client.getTransaction({ hash: event.transactionHash });
    const decoded = decodeSettleDay(input);
    const profiles = await settledProfiles(neighbourhoodDomain(deployment), decoded);
    const tariff = await client.readContract({
      address: deployment.neighbourhood,
      abi: neighbourhoodAbi,
      functionName: "tariffOf",
      args: [day],
    });
    settlements.push({
      day,
      tariff,
      claims: decoded.claims,
      meters: profiles.map((settled) => ({
        ...settled,
        meter: meterOf.get(settled.device),
        ...decodeIntervals(settled.profile.intervals),
      })),
      logged: event,
      gas: await gasOfDay(client, ledger, day),
    });
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
    const settlement = settlements.find(({ logged }) => logged === event);
    if (settlement === undefined || event.eventName !== "DaySettled") return [];
    // A profile that does not fit its meter is in the batch, but moves no register.
    const settledMeters = new Set(decodePayments(event.args.payments).map(({ meter }) => meter));
    return settlement.meters
      .filter(({ meter }) => meter !== undefined && settledMeters.has(meter))
      .flatMap((settled) => meterDayOf(settlement.day, settled, registers));
  });
}

function meterDayOf(
  day: Day,
  { meter, exponent, profile, imports, exports }: SettledMeter,
  registers: Map<number, Registers>,
): SettledMeterDay[] {
  if (meter === undefined) return [];
  const before = registers.get(meter) ?? { importRegister: 0n, exportRegister: 0n };
  registers.set(meter, profile);
  const unitWh = 10n ** BigInt(exponent);
  const [importUnits, exportUnits] = [sumUnits(imports), sumUnits(exports)];
  const grown = profile.importRegister - before.importRegister + profile.exportRegister - before.exportRegister;
  return [
    {
      day,
      meter,
      importWh: importUnits * unitWh,
      exportWh: exportUnits * unitWh,
      unattributedWh: (grown - importUnits - exportUnits) * unitWh,
    },
  ];
}
