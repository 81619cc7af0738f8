import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import type { Hex } from "viem";
import { usePublicClient } from "wagmi";

import { type ClockSample, addSample, clockSpeed } from "../lib/clock.ts";
import { LOCAL_CHAIN_ID } from "./demo-connector.ts";
import { useDeployment } from "./deployment.ts";
import { KEYS } from "./keys.ts";

/** Newest block. */
export type Head = { number: bigint; hash: Hex; timestamp: number };

export type HeadState = {
  head: Head | undefined;
  /** Set while the chain does not answer. */
  error: Error | undefined;
  /** Chain seconds per second of the wall; undefined until known. */
  speed: number | undefined;
};

const LOCAL_POLL_MS = 1_000;
const PUBLIC_POLL_MS = 4_000;

const HeadContext = createContext<HeadState>({ head: undefined, error: undefined, speed: undefined });

/** Newest block, chain time and how fast it runs. */
export function useHead(): HeadState {
  return use(HeadContext);
}

type Watched = { head: Head; samples: readonly ClockSample[] };

/** The one place that watches the chain. With each new block everything that was read from the chain is out of date. */
export function HeadProvider({ children }: { children: ReactNode }) {
  const { chainId } = useDeployment();
  const client = usePublicClient();
  const queryClient = useQueryClient();
  const { data, error } = useQuery({
    queryKey: KEYS.head,
    queryFn: async (): Promise<Watched> => {
      if (client === undefined) throw new Error("No RPC client is configured.");
      const { number, hash, timestamp } = await client.getBlock();
      const head = { number, hash, timestamp: Number(timestamp) };
      const known = queryClient.getQueryData<Watched>(KEYS.head)?.samples ?? [];
      return { head, samples: addSample(known, { wallMs: Date.now(), chainSeconds: head.timestamp }) };
    },
    structuralSharing: false,
    refetchInterval: chainId === LOCAL_CHAIN_ID ? LOCAL_POLL_MS : PUBLIC_POLL_MS,
    retry: false,
  });

  const hash = data?.head.hash;
  useEffect(() => {
    if (hash === undefined) return;
    // A read that is under way is finished, not begun anew: blocks may come faster than answers.
    void queryClient.invalidateQueries({ queryKey: KEYS.chain }, { cancelRefetch: false });
  }, [hash, queryClient]);

  const state = useMemo(
    () => ({ head: data?.head, error: error ?? undefined, speed: clockSpeed(data?.samples ?? []) }),
    [data, error],
  );
  return <HeadContext value={state}>{children}</HeadContext>;
}
