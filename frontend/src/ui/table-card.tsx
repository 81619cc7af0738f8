import type { ReactNode } from "react";

import { count } from "../lib/format.ts";
import { Card, Empty } from "./surfaces.tsx";
import { type Column, Table } from "./table.tsx";

/** A card with a table in it, or with the sentence that says why there is none. */
export function TableCard({
  id,
  title,
  caption,
  columns,
  empty,
  entries,
  aside,
  children,
}: {
  id: string;
  title: string;
  caption: string;
  columns: readonly Column[];
  empty: string;
  entries: number;
  /** Stands in place of the number of entries. */
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Card
      id={id}
      title={title}
      flush
      aside={aside ?? <span className="text-sm text-muted">{count(entries, "entry", "entries")}</span>}
    >
      {entries === 0 ? (
        <div className="px-4 pb-3 sm:px-5">
          <Empty title={empty} />
        </div>
      ) : (
        <Table caption={caption} columns={columns} maxHeight="max-h-96">
          {children}
        </Table>
      )}
    </Card>
  );
}
