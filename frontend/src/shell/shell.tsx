import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";

import { useDeployment } from "../chain/deployment.ts";
import { useHead } from "../chain/head.tsx";
import { isSimulated } from "../lib/clock.ts";
import { duration, instantLabel } from "../lib/format.ts";
import { AutopilotIcon, BuyIcon, HomeIcon, LedgerIcon, Mark, SellIcon } from "../ui/icons.tsx";
import { ThemeToggle } from "../ui/theme-toggle.tsx";
import { PRIVACY } from "./privacy.ts";
import { WalletMenu } from "./wallet-menu.tsx";

const SCREENS = [
  { to: "/", name: "Autopilot", icon: <AutopilotIcon /> },
  { to: "/overview", name: "Overview", icon: <HomeIcon /> },
  { to: "/sell", name: "Sell", icon: <SellIcon /> },
  { to: "/buy", name: "Buy", icon: <BuyIcon /> },
  { to: "/ledger", name: "Ledger", icon: <LedgerIcon /> },
] as const;

/** What is around every screen: who I am, where I can go, what time it is on the chain. */
export function Shell(): ReactNode {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // As with a page that was loaded: whoever reads by ear or keyboard begins at the new screen's start.
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <div className="flex min-h-dvh flex-col pb-16 tab:pb-0">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface/95 backdrop-blur">
        <div className="mx-auto flex h-16 max-w-6xl items-center gap-2 px-4 sm:gap-4 sm:px-6">
          <Link to="/" className="flex items-center gap-2.5 rounded-lg text-lg font-semibold tracking-tight">
            <Mark />
            <span className="max-sm:sr-only">Commonwatt</span>
          </Link>
          <div className="ml-3 max-tab:hidden">
            <Screens />
          </div>
          <div className="ml-auto flex items-center gap-1.5 sm:gap-3">
            <span className="max-lg:hidden">
              <ChainClock />
            </span>
            <ThemeToggle />
            <WalletMenu />
          </div>
        </div>
        <div className="border-t border-line px-4 py-1 lg:hidden">
          <ChainClock />
        </div>
      </header>
      <ChainTrouble />
      <main
        ref={main}
        id="main"
        tabIndex={-1}
        className="mx-auto min-h-dvh w-full max-w-6xl grow px-4 pt-8 pb-12 outline-none sm:px-6"
      >
        <Outlet />
      </main>
      <Footer />
      <div className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] tab:hidden">
        <Screens bottom />
      </div>
    </div>
  );
}

function Screens({ bottom = false }: { bottom?: boolean }) {
  const look = bottom
    ? "flex h-15 flex-col items-center justify-center gap-0.5 text-xs"
    : "flex h-10 items-center gap-2 rounded-[10px] px-3";
  return (
    <nav aria-label="Screens">
      <ul className={bottom ? "grid grid-cols-5" : "flex gap-1"}>
        {SCREENS.map(({ to, name, icon }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ exact: to === "/" }}
              className={`${look} font-medium text-muted hover:text-ink`}
              activeProps={{ className: bottom ? "text-accent!" : "bg-accent-soft text-ink!" }}
            >
              {bottom && icon}
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Time and height of the chain. Its room is fixed, so that nothing around it moves as it counts. */
function ChainClock() {
  const { head, speed } = useHead();
  if (head === undefined)
    return <span className="skeleton inline-block h-4 w-44" aria-label="Reading the newest block" />;
  const simulated = isSimulated(speed) && speed !== undefined;
  return (
    <span className="text-sm whitespace-nowrap text-muted">
      <span className="sr-only">{simulated ? "Simulated time: " : "Chain time: "}</span>
      <span className="text-ink">{instantLabel(head.timestamp)} UTC</span>
      {" · "}block {head.number.toString()}
      {simulated && <span className="max-xl:lg:hidden"> · a day in {duration(86_400 / speed)}</span>}
    </span>
  );
}

function ChainTrouble() {
  const { error } = useHead();
  return (
    <div role="status">
      {error !== undefined && (
        <p className="bg-sun-soft px-4 py-2 text-center text-sm">
          The chain does not answer at the moment. What you see may be out of date; it is tried again by itself.
        </p>
      )}
    </div>
  );
}

function Footer() {
  const { name, chainId } = useDeployment();
  return (
    <footer className="border-t border-line">
      <div className="mx-auto grid max-w-6xl gap-2 px-4 py-6 text-sm text-muted sm:px-6">
        <p>{PRIVACY}</p>
        <p>
          {name}, chain {chainId}. Times are UTC. The electricity itself flows through the public grid as ever; here it
          is allocated and priced after it was delivered.
        </p>
      </div>
    </footer>
  );
}
