import { isAddressEqual } from "viem";

import type { MeterNumber } from "../ids.ts";
import { type Day, dayOfInterval } from "../time.ts";
import { wh, type Wh } from "../units.ts";
import type { EnergyLine, LedgerEvent, RetirementEntry, TradeEntry, TransferEntry } from "./types.ts";

/**
 * The token movements of one transaction, each to be claimed once by the event that explains it. Deliveries and burns
 * carry the intervals; the events of marketplace and neighbourhood only sums.
 */
export class TransactionTransfers {
  readonly #unclaimed: TransferEntry[];

  /** @param transfers - Of one transaction, in the order of the chain. */
  constructor(transfers: readonly TransferEntry[]) {
    this.#unclaimed = [...transfers];
  }

  /** The delivery of a trade: seller to buyer, of that meter, of exactly that much energy. Empty if there is none. */
  claimDelivery(trade: Omit<TradeEntry, "lines">): readonly EnergyLine[] {
    const found = this.#unclaimed.find(
      ({ kind, from, to, lines }) =>
        kind === "transfer" &&
        isAddressEqual(from, trade.seller) &&
        isAddressEqual(to, trade.buyer) &&
        lines.every(({ meter, interval }) => meter === trade.meter && interval >= trade.firstInterval) &&
        sumOfLines(lines) === trade.energyWh,
    );
    return found === undefined ? [] : this.#claim([found]);
  }

  /** The burns of a retirement, one per exporting meter: from the account, in order, up to that much. Empty if there are none. */
  claimBurns(retirement: Omit<RetirementEntry, "lines">): readonly EnergyLine[] {
    const burns: TransferEntry[] = [];
    let sum = 0n;
    for (const transfer of this.#unclaimed) {
      if (sum === retirement.energyWh) break;
      if (transfer.kind !== "use" || !isAddressEqual(transfer.from, retirement.account)) continue;
      burns.push(transfer);
      sum += sumOfLines(transfer.lines);
    }
    return sum === retirement.energyWh ? this.#claim(burns) : [];
  }

  /** The mint of a meter's day; 0 if there is none. */
  claimMint(meter: MeterNumber, day: Day): Wh {
    const found = this.#unclaimed.find(
      ({ kind, lines }) =>
        kind === "mint" &&
        lines.length > 0 &&
        lines.every((line) => line.meter === meter && dayOfInterval(line.interval) === day),
    );
    return found === undefined ? wh(0) : sumOfLines(this.#claim([found]));
  }

  #claim(transfers: readonly TransferEntry[]): readonly EnergyLine[] {
    for (const transfer of transfers) this.#unclaimed.splice(this.#unclaimed.indexOf(transfer), 1);
    return transfers.flatMap(({ lines }) => lines);
  }
}

/** Groups transfers by transaction. */
export function transfersByTransaction(
  transfers: readonly TransferEntry[],
): (event: LedgerEvent) => TransactionTransfers {
  const groups = Map.groupBy(transfers, ({ transactionHash }) => transactionHash);
  const claims = new Map<string, TransactionTransfers>();
  return ({ transactionHash }) => {
    const known = claims.get(transactionHash) ?? new TransactionTransfers(groups.get(transactionHash) ?? []);
    claims.set(transactionHash, known);
    return known;
  };
}

/** Energy of all lines. */
export function sumOfLines(lines: readonly EnergyLine[]): Wh {
  return wh(lines.reduce((sum, line) => sum + line.wh, 0n));
}
