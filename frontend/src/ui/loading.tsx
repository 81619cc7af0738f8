import type { ReactNode } from "react";

import { explainError } from "@commonwatt/sdk/errors";

import { useLedger } from "../chain/data.tsx";
import type { Books } from "../model/books.ts";
import { Note, SkeletonRows } from "./surfaces.tsx";

/** Shows its children once the ledger has been read; until then how far the reading is, or why it does not go on. */
export function WithBooks({ children }: { children: (books: Books) => ReactNode }) {
  const { books, progress, error } = useLedger();
  if (books !== undefined) return <>{children(books)}</>;
  if (error !== undefined) return <Note tone="bad">The ledger cannot be read: {explainError(error)}</Note>;
  return (
    <div className="grid gap-4">
      <div className="flex items-center gap-3 text-sm text-muted">
        <progress className="h-1.5 w-40 accent-accent" max={1} value={progress} aria-label="Reading the ledger" />
        Reading the ledger from the chain…
      </div>
      <SkeletonRows rows={5} what="the ledger" />
    </div>
  );
}
