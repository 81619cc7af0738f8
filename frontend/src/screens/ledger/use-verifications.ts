import { useQueries } from "@tanstack/react-query";

import type { ProfileEntry } from "@commonwatt/sdk/ledger/types";
import { type ProfileVerification, verifyProfile } from "@commonwatt/sdk/ledger/verify-profile";

import { useDeployment } from "../../chain/deployment.ts";

/** Checks each profile in this browser, once. Undefined while the check runs. */
export function useVerifications(profiles: readonly ProfileEntry[]): readonly (ProfileVerification | undefined)[] {
  const deployment = useDeployment();
  return useQueries({
    queries: profiles.map((profile) => ({
      queryKey: ["verification", deployment.neighbourhood, profile.transactionHash, profile.logIndex],
      queryFn: () => verifyProfile(deployment, profile),
      staleTime: Infinity,
      structuralSharing: false,
    })),
    combine: (results) => results.map(({ data }) => data),
  });
}
