import { useQuery } from "@tanstack/react-query";

import { verifySettlement } from "@commonwatt/sdk/settlement/verify";

import { useSettlement } from "../../chain/settlement-input.ts";
import type { Books } from "../../model/books.ts";
import type { SettledDay } from "../../model/settled-day.ts";

/**
 * Clears a settled day anew and compares, once it is asked for.
 *
 * @returns Undefined while it runs; else one sentence for each thing that is wrong.
 */
export function useVerifiedSettlement(
  books: Books,
  settled: SettledDay,
  asked: boolean,
): { mismatches: readonly string[] | undefined; error: Error | undefined } {
  const { detail, error } = useSettlement(books, settled);
  const { data, error: failure } = useQuery({
    queryKey: ["verified settlement", settled.transactionHash],
    enabled: asked && detail !== undefined,
    staleTime: Infinity,
    retry: false,
    queryFn: async () => {
      if (detail === undefined) throw new Error("The day has not been read yet.");
      // The browser paints "clearing" before it is busy with that.
      await new Promise((resolve) => setTimeout(resolve));
      return verifySettlement({ ...settled, ...detail.market });
    },
  });
  return { mismatches: data, error: error ?? failure ?? undefined };
}
