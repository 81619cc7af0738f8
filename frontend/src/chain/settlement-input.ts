import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { usePublicClient } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { readSettledDay } from "@commonwatt/sdk/ledger/read-settled-day";

import type { Books } from "../model/books.ts";
import { type DayMarket, type Statement, statementsOf } from "../model/day-market.ts";
import type { SettledDay } from "../model/settled-day.ts";
import { useDeployment } from "./deployment.ts";
import { KEYS } from "./keys.ts";

/** A settled day read back whole, and everybody's statement by meter. */
export type SettlementDetail = { market: DayMarket; statements: ReadonlyMap<number, Statement> };

/**
 * Reads the profiles of a settled day from its transaction and works out who sold and bought how much. Done once.
 *
 * @returns Until another day is read, the one before it: its `market.settled` says which day it is.
 */
export function useSettlement(
  books: Books,
  settled: SettledDay | undefined,
): { detail: SettlementDetail | undefined; error: Error | undefined } {
  const deployment = useDeployment();
  const client = usePublicClient();
  const { data, error } = useQuery({
    queryKey: KEYS.settlement(settled?.transactionHash ?? ""),
    enabled: client !== undefined && settled !== undefined,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    retry: 1,
    queryFn: async (): Promise<SettlementDetail> => {
      if (client === undefined || settled === undefined) throw new CommonwattError("No settled day is chosen.");
      const read = await readSettledDay(client, deployment, books, settled, { balances: settled.openings });
      const market = { ...read, settled };
      return { market, statements: statementsOf(market) };
    },
  });
  return { detail: data, error: error ?? undefined };
}
