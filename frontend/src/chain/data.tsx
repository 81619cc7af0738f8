import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import { type Address, erc20Abi } from "viem";
import { useConnection, usePublicClient } from "wagmi";

import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import { energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import { type Ticks, ticks } from "@commonwatt/sdk/units";

import { addressKey, shortHex } from "../lib/format.ts";
import type { Books } from "../model/books.ts";
import { metersOf } from "../model/holdings.ts";
import { type OfferView, viewOffers } from "../model/market.ts";
import { fetchOffers } from "./board.ts";
import { boardUrlOf, useDeployment } from "./deployment.ts";
import { useHead } from "./head.tsx";
import { KEYS } from "./keys.ts";
import { LedgerReader } from "./ledger-reader.ts";

/** The books as far as they are read. `books` is undefined until the whole chain has been read once. */
export type LedgerState = {
  books: Books | undefined;
  /** Share read, 0 to 1, while the first reading lasts. */
  progress: number;
  error: Error | undefined;
};

const LedgerContext = createContext<LedgerState>({ books: undefined, progress: 0, error: undefined });

/** Reads the ledger for all screens, once. */
export function LedgerProvider({ children }: { children: ReactNode }) {
  const deployment = useDeployment();
  const client = usePublicClient();
  const queryClient = useQueryClient();
  const reader = useMemo(
    () => (client === undefined ? undefined : new LedgerReader(client, deployment)),
    [client, deployment],
  );
  const { data, error } = useQuery({
    queryKey: KEYS.ledger,
    queryFn: () => {
      if (reader === undefined) throw new Error("No RPC client is configured.");
      return reader.step();
    },
    enabled: reader !== undefined,
    structuralSharing: false,
    retry: false,
  });
  const behind = data !== undefined && data.books.toBlock < data.headBlock;
  useEffect(() => {
    if (behind) void queryClient.invalidateQueries({ queryKey: KEYS.ledger }, { cancelRefetch: false });
  }, [behind, data, queryClient]);

  const state = useMemo((): LedgerState => {
    if (data === undefined) return { books: undefined, progress: 0, error: error ?? undefined };
    const start = BigInt(deployment.deploymentBlock);
    const span = data.headBlock - start + 1n;
    const progress = span <= 0n ? 1 : Number(data.books.toBlock - start + 1n) / Number(span);
    return { books: data.complete ? data.books : undefined, progress, error: error ?? undefined };
  }, [data, error, deployment.deploymentBlock]);
  return <LedgerContext value={state}>{children}</LedgerContext>;
}

export function useLedger(): LedgerState {
  return use(LedgerContext);
}

/** Offers on the board as the chain knows them, cheapest first. */
export function useOffers(): { offers: readonly OfferView[] | undefined; error: Error | undefined } {
  const deployment = useDeployment();
  const { books } = useLedger();
  const { head } = useHead();
  const { data, error } = useQuery({
    queryKey: KEYS.offers,
    queryFn: ({ signal }) => fetchOffers(boardUrlOf(deployment, location.origin), fetch, signal),
    structuralSharing: false,
    retry: false,
  });
  const now = head?.timestamp;
  const offers = useMemo(() => {
    if (data === undefined || books === undefined || now === undefined) return undefined;
    return viewOffers(books, data, deployment, now);
  }, [data, books, now, deployment]);
  return { offers, error: error ?? undefined };
}

/** Network charge in force, ticks. */
export function useCharge(): Ticks | undefined {
  const { marketplace } = useDeployment();
  const client = usePublicClient();
  const { data } = useQuery({
    queryKey: KEYS.charge,
    queryFn: async () => {
      if (client === undefined) throw new Error("No RPC client is configured.");
      return ticks(
        await client.readContract({ address: marketplace, abi: marketplaceAbi, functionName: "networkChargeTicks" }),
      );
    },
  });
  return data;
}

/** Who is using the dApp. */
export type Me = { address: Address; name: string; meters: MeterEntry[] };

/** The account of the wallet in use, or undefined. */
export function useMe(): Me | undefined {
  const { address } = useConnection();
  const { demo } = useDeployment();
  const { books } = useLedger();
  return useMemo(() => {
    if (address === undefined) return undefined;
    const known = demo?.accounts.find((account) => addressKey(account.address) === addressKey(address));
    return {
      address,
      name: known?.name ?? shortHex(address),
      meters: books === undefined ? [] : metersOf(books, address),
    };
  }, [address, demo, books]);
}

/** Money and permissions of an account. */
export type AccountState = {
  /** Base units of the currency in the wallet. */
  balance: bigint;
  /** Base units the marketplace may take. */
  allowance: bigint;
  /** Whether the marketplace may deliver the account's energy. */
  approved: boolean;
};

/** Money and permissions of an account, read with each block. */
export function useAccountState(address: Address | undefined): AccountState | undefined {
  const { currency, token, marketplace } = useDeployment();
  const client = usePublicClient();
  const { data } = useQuery({
    queryKey: KEYS.account(address ?? ""),
    enabled: address !== undefined && client !== undefined,
    queryFn: async (): Promise<AccountState> => {
      if (client === undefined || address === undefined) throw new Error("No account is in use.");
      const [balance, allowance, approved] = await Promise.all([
        client.readContract({ address: currency, abi: erc20Abi, functionName: "balanceOf", args: [address] }),
        client.readContract({
          address: currency,
          abi: erc20Abi,
          functionName: "allowance",
          args: [address, marketplace],
        }),
        client.readContract({
          address: token,
          abi: energyTokenAbi,
          functionName: "isApprovedForAll",
          args: [address, marketplace],
        }),
      ]);
      return { balance, allowance, approved };
    },
  });
  return data;
}
