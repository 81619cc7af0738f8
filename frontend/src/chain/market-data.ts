import { useQuery } from "@tanstack/react-query";
import type { Address, ContractFunctionReturnType, PublicClient } from "viem";
import { usePublicClient } from "wagmi";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import type { Settings, Tariff } from "@commonwatt/sdk/settlement/types";
import { dayOf } from "@commonwatt/sdk/time";

import { useDeployment } from "./deployment.ts";
import { useHead } from "./head.tsx";
import { KEYS } from "./keys.ts";

/** The contract's `MarketState`. */
type MarketState = ContractFunctionReturnType<typeof neighbourhoodAbi, "view", "market">;

/** The calendar of settlements and the prices of the neighbourhood, as of the newest block. */
export type MarketView = MarketState & {
  closingWindowSeconds: number;
  announced: { bitmap: bigint; forced: bigint };
  today: Tariff;
  tomorrow: Tariff;
};

/** A meter as the contract has it now. */
export type MeterStanding = {
  settings: Settings;
  /** Set while a change waits for its day. */
  queued: { effectiveDay: number; settings: Settings } | undefined;
  seat: number;
  /** False once its device was revoked: then it neither trades nor can be changed. */
  active: boolean;
  balanceBaseUnits: bigint;
};

/** Reads what holds for the whole neighbourhood. */
export function useMarket(): { market: MarketView | undefined; error: Error | undefined } {
  const { neighbourhood } = useDeployment();
  const client = usePublicClient();
  const { head } = useHead();
  const { data, error } = useQuery({
    queryKey: KEYS.market,
    enabled: client !== undefined && head !== undefined,
    retry: false,
    queryFn: async (): Promise<MarketView> => {
      if (client === undefined || head === undefined) throw new CommonwattError("No RPC endpoint is configured.");
      const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
      const today = dayOf(head.timestamp);
      const [state, seconds, [bitmap, forced], tariffToday, tariffTomorrow] = await Promise.all([
        client.readContract({ ...contract, functionName: "market" }),
        client.readContract({ ...contract, functionName: "closingWindowSeconds" }),
        client.readContract({ ...contract, functionName: "announced" }),
        client.readContract({ ...contract, functionName: "tariffOf", args: [today] }),
        client.readContract({ ...contract, functionName: "tariffOf", args: [today + 1] }),
      ]);
      return {
        ...state,
        closingWindowSeconds: Number(seconds),
        announced: { bitmap, forced },
        today: tariffToday,
        tomorrow: tariffTomorrow,
      };
    },
  });
  return { market: data, error: error ?? undefined };
}

/** Reads how one meter stands. */
export function useStanding(meter: number | undefined): MeterStanding | undefined {
  const deployment = useDeployment();
  const client = usePublicClient();
  const { data } = useQuery({
    queryKey: KEYS.standing(meter ?? 0),
    enabled: client !== undefined && meter !== undefined,
    retry: false,
    queryFn: async () => {
      if (client === undefined || meter === undefined) throw new CommonwattError("No meter is chosen.");
      return readStanding(client, deployment, meter);
    },
  });
  return data;
}

async function readStanding(
  client: PublicClient,
  { neighbourhood }: Deployment,
  meter: number,
): Promise<MeterStanding> {
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;
  const [{ device }, [effectiveDay, queued]] = await Promise.all([
    client.readContract({ ...contract, functionName: "meter", args: [meter] }),
    client.readContract({ ...contract, functionName: "queuedSettings", args: [meter] }),
  ]);
  const state = await client.readContract({ ...contract, functionName: "deviceState", args: [device] });
  const { sharing, community, askTicks, bidTicks, seat, active, balanceBaseUnits } = state;
  return {
    settings: { sharing, community, askTicks, bidTicks },
    queued: effectiveDay === 0 ? undefined : { effectiveDay, settings: queued },
    seat,
    active,
    balanceBaseUnits,
  };
}

/** Money in an owner's account with the neighbourhood, base units. */
export function useOwnerAccount(owner: Address | undefined): bigint | undefined {
  const { neighbourhood } = useDeployment();
  const client = usePublicClient();
  const { data } = useQuery({
    queryKey: KEYS.ownerAccount(owner ?? ""),
    enabled: client !== undefined && owner !== undefined,
    retry: false,
    queryFn: async () => {
      if (client === undefined || owner === undefined) throw new CommonwattError("No account is in use.");
      return client.readContract({
        address: neighbourhood,
        abi: neighbourhoodAbi,
        functionName: "accountBalance",
        args: [owner],
      });
    },
  });
  return data;
}
