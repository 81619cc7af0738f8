import type { ReactNode } from "react";

import { Empty } from "./surfaces.tsx";

/** Stands in place of what only the owner of a wallet can see. */
export function NeedWallet({ children }: { children: ReactNode }) {
  return (
    <Empty title="Choose a wallet first">
      {children} The button is at the top right. Reading the ledger needs none.
    </Empty>
  );
}
