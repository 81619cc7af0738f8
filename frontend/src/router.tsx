import { createRootRoute, createRoute, createRouter, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { z } from "zod";

import { AutopilotScreen } from "./screens/autopilot/autopilot-screen.tsx";
import { BuyScreen } from "./screens/buy/buy-screen.tsx";
import { LedgerScreen } from "./screens/ledger/ledger-screen.tsx";
import { OverviewScreen } from "./screens/overview/overview-screen.tsx";
import { PairScreen } from "./screens/pair/pair-screen.tsx";
import { SellScreen } from "./screens/sell/sell-screen.tsx";
import { Shell } from "./shell/shell.tsx";
import { Empty } from "./ui/surfaces.tsx";

/** `?day=2017-06-01`: the day a screen shows. Anything else in its place is ignored. */
const daySearch = z.object({ day: z.iso.date().optional().catch(undefined) });

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const getParentRoute = () => rootRoute;
const autopilotRoute = createRoute({ getParentRoute, path: "/", component: AutopilotScreen });
const overviewRoute = createRoute({ getParentRoute, path: "/overview", component: OverviewScreen });
const sellRoute = createRoute({ getParentRoute, path: "/sell", component: SellScreen });
const buyRoute = createRoute({ getParentRoute, path: "/buy", component: BuyScreen });
/** Where the QR code of an operator leads; what it says stands behind the `#`. */
const pairRoute = createRoute({ getParentRoute, path: "/pair", component: PairScreen });
const ledgerRoute = createRoute({
  getParentRoute,
  path: "/ledger",
  component: LedgerScreen,
  validateSearch: daySearch,
});

const routeTree = rootRoute.addChildren([autopilotRoute, overviewRoute, sellRoute, buyRoute, ledgerRoute, pairRoute]);

/** The screens and their addresses. */
export function createAppRouter() {
  return createRouter({ routeTree, scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

function NotFound(): ReactNode {
  return (
    <Empty title="There is nothing at this address.">
      <Link to="/" className="text-accent underline underline-offset-4">
        Go to the first screen
      </Link>
    </Empty>
  );
}
