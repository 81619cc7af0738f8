import { type Address, isAddressEqual, zeroAddress } from "viem";

import { meterNumber, parseTokenId } from "../ids.ts";
import { decodeIntervals, sumUnits } from "../profile.ts";
import { day, interval } from "../time.ts";
import { baseUnits, ticks, type Wh, wh } from "../units.ts";
import { type TransactionTransfers, transfersByTransaction } from "./join.ts";
import { MeterHistory } from "./meter-history.ts";
import { positionOf } from "./position.ts";
import { eventsBesideSettlements, lateDayOf, settlementOf, tariffOf } from "./settlements.ts";
import type {
  CancellationEntry,
  EnergyLine,
  LateEntry,
  LedgerEvent,
  LedgerEntries,
  Named,
  Position,
  ProfileEntry,
  RetirementEntry,
  SettlementEntry,
  SkippedProfileEntry,
  TradeEntry,
  TransferEntry,
} from "./types.ts";

/**
 * Puts the events of a neighbourhood's contracts together to a ledger: pure, plain data in, plain data out.
 *
 * @param earlier - Events before the ledger's first block that say what its meters and devices are; profiles may be left out.
 * @param events - The ledger's events, in the order of the chain.
 */
export function assembleLedger(earlier: readonly LedgerEvent[], events: readonly LedgerEvent[]): LedgerEntries {
  const history = new MeterHistory();
  for (const event of earlier) history.apply(event);
  if (earlier.length > 0) history.forgetRegisters();

  const transfers = events.flatMap((event) => transferOf(event) ?? []);
  const transfersOf = transfersByTransaction(transfers);
  const lateProfiles = new Set(events.flatMap((event) => lateProfileKey(event) ?? []));
  const profiles: ProfileEntry[] = [];
  const skippedProfiles: SkippedProfileEntry[] = [];
  const trades: TradeEntry[] = [];
  const retirements: RetirementEntry[] = [];
  const cancellations: CancellationEntry[] = [];
  const settlements: SettlementEntry[] = [];
  const besideSettlements = eventsBesideSettlements(events);
  const lateDays: LateEntry[] = [];

  for (const event of events) {
    switch (event.eventName) {
      case "ProfileRecorded": {
        const late = lateProfiles.has(profileKey(event, event.args.meter, event.args.day));
        profiles.push(profileOf(event, history, late, transfersOf(event)));
        break;
      }
      case "ProfileSkipped":
        skippedProfiles.push({ ...positionOf(event), ...event.args });
        break;
      case "DaySettled":
        settlements.push(settlementOf(event, besideSettlements.get(event.transactionHash) ?? []));
        break;
      case "LateRecorded":
        lateDays.push(lateDayOf(event));
        break;
      case "OfferFilled":
        trades.push(tradeOf(event, transfersOf(event)));
        break;
      case "Retired":
        retirements.push(retirementOf(event, transfersOf(event)));
        break;
      case "OfferCancelled": {
        const { seller, nonce } = event.args;
        cancellations.push({ ...positionOf(event), seller, cancelled: { nonce } });
        break;
      }
      case "OffersCancelled": {
        const { seller, minNonce } = event.args;
        cancellations.push({ ...positionOf(event), seller, cancelled: { minNonce } });
        break;
      }
    }
    history.apply(event);
  }

  const { meters, devices, rebases } = history;
  return {
    meters,
    devices,
    rebases,
    profiles,
    skippedProfiles,
    transfers,
    trades,
    retirements,
    cancellations,
    settlements,
    lateDays,
    tariffs: [...earlier, ...events].flatMap((event) => tariffOf(event) ?? []),
    events: [...events],
  };
}

function profileOf(
  event: Named<"ProfileRecorded">,
  history: MeterHistory,
  late: boolean,
  transfers: TransactionTransfers,
): ProfileEntry {
  const { args } = event;
  const meter = meterNumber(args.meter);
  const of = day(args.day);
  const { meter: facts, device: deviceAtTime, registers: previous } = history.state(args.meter);
  const unitWh = facts?.unitWh ?? wh(1);
  const { imports, exports } = decodeIntervals(args.intervals);
  return {
    ...positionOf(event),
    meter,
    day: of,
    device: args.device,
    importRegister: args.importRegister,
    exportRegister: args.exportRegister,
    quality: args.quality,
    intervals: args.intervals,
    signature: args.signature,
    unitWh,
    importWh: wh(sumUnits(imports) * unitWh),
    exportWh: wh(sumUnits(exports) * unitWh),
    mintedWh: late ? wh(0) : transfers.claimMint(meter, of),
    unattributedImportWh: wh(args.unattributedImportWh),
    unattributedExportWh: wh(args.unattributedExportWh),
    late,
    deviceAtTime,
    previous,
  };
}

function tradeOf(event: Named<"OfferFilled">, transfers: TransactionTransfers): TradeEntry {
  const { args } = event;
  const trade = {
    ...positionOf(event),
    seller: args.seller,
    buyer: args.buyer,
    nonce: args.nonce,
    meter: meterNumber(args.meter),
    priceTicks: ticks(args.priceTicks),
    firstInterval: interval(args.firstInterval),
    energyWh: wh(args.energyWh),
    paidBaseUnits: baseUnits(args.paidBaseUnits),
    chargeBaseUnits: baseUnits(args.chargeBaseUnits),
  };
  return { ...trade, lines: transfers.claimDelivery(trade) };
}

function retirementOf(event: Named<"Retired">, transfers: TransactionTransfers): RetirementEntry {
  const { args } = event;
  const retirement = {
    ...positionOf(event),
    meter: meterNumber(args.meter),
    day: day(args.day),
    account: args.account,
    energyWh: wh(args.energyWh),
    remainingImports: args.remainingImports,
  };
  return { ...retirement, lines: transfers.claimBurns(retirement) };
}

function transferOf(event: LedgerEvent): TransferEntry | undefined {
  if (event.eventName === "TransferSingle") {
    const { operator, from, to, id, value } = event.args;
    return transfer(event, { operator, from, to, ids: [id], values: [value] });
  }
  return event.eventName === "TransferBatch" ? transfer(event, event.args) : undefined;
}

function transfer(
  at: Position,
  {
    operator,
    from,
    to,
    ids,
    values,
  }: {
    operator: Address;
    from: Address;
    to: Address;
    ids: readonly bigint[];
    values: readonly bigint[];
  },
): TransferEntry {
  const kind = isAddressEqual(from, zeroAddress) ? "mint" : isAddressEqual(to, zeroAddress) ? "use" : "transfer";
  return { ...positionOf(at), kind, operator, from, to, lines: ids.flatMap((id, index) => line(id, values[index])) };
}

/** Anyone may move 0 Wh of an id that cannot exist: only energy makes a line. */
function line(id: bigint, energy: bigint | undefined): EnergyLine[] {
  return energy === undefined || energy === 0n ? [] : [{ ...parseTokenId(id), wh: energy as Wh }];
}

function lateProfileKey(event: LedgerEvent): string | undefined {
  if (event.eventName !== "ProfileRecordedTooLate") return undefined;
  return profileKey(event, event.args.meter, event.args.day);
}

function profileKey({ transactionHash }: Position, meter: number, of: number): string {
  return `${transactionHash} ${meter} ${of}`;
}
