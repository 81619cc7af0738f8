import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { WagmiProvider } from "wagmi";

import type { Deployment } from "@commonwatt/sdk/deployment";

import { LedgerProvider } from "./chain/data.tsx";
import { DeploymentContext, rpcUrlOf } from "./chain/deployment.ts";
import { HeadProvider } from "./chain/head.tsx";
import { createWagmiConfig } from "./chain/wagmi-config.ts";
import { FlowProvider } from "./flow/flow-context.tsx";
import { createAppRouter } from "./router.tsx";

/** The dApp of one neighbourhood. */
export function App({ deployment, demo }: { deployment: Deployment; demo: boolean }) {
  const [parts] = useState(() => ({
    wagmi: createWagmiConfig(deployment, rpcUrlOf(deployment, location.origin), demo),
    queryClient: new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false } } }),
    router: createAppRouter(),
  }));
  return (
    <DeploymentContext value={deployment}>
      <WagmiProvider config={parts.wagmi}>
        <QueryClientProvider client={parts.queryClient}>
          <HeadProvider>
            <LedgerProvider>
              <FlowProvider>
                <RouterProvider router={parts.router} />
              </FlowProvider>
            </LedgerProvider>
          </HeadProvider>
        </QueryClientProvider>
      </WagmiProvider>
    </DeploymentContext>
  );
}
