import { type Day, dayOfInterval } from "../time.ts";
import type { EnergyLine, Ledger, ProfileEntry, RetirementEntry, TradeEntry, TransferEntry } from "./types.ts";

/** What happened to the energy of one day, whenever it happened. */
export type LedgerDay = {
  day: Day;
  profiles: ProfileEntry[];
  transfers: TransferEntry[];
  trades: TradeEntry[];
  retirements: RetirementEntry[];
};

/** The part of a ledger that concerns the energy of one day. A trade over several days is part of each. */
export function ledgerOfDay(ledger: Ledger, of: Day): LedgerDay {
  const concerns = ({ lines }: { lines: readonly EnergyLine[] }) =>
    lines.some(({ interval }) => dayOfInterval(interval) === of);
  return {
    day: of,
    profiles: ledger.profiles.filter((profile) => profile.day === of),
    transfers: ledger.transfers.filter(concerns),
    trades: ledger.trades.filter((trade) => concerns(trade) || dayOfInterval(trade.firstInterval) === of),
    retirements: ledger.retirements.filter((retirement) => retirement.day === of),
  };
}

/** The days of which a ledger has a profile, earliest first. */
export function daysOf(ledger: Ledger): Day[] {
  return [...new Set(ledger.profiles.map(({ day }) => day))].toSorted((a, b) => a - b);
}
