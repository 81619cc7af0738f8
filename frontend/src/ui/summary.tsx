import type { ReactNode } from "react";

/** Names and values of what is about to happen; the last row may be the sum. */
export function Summary({
  rows,
  total,
}: {
  rows: readonly (readonly [string, ReactNode])[];
  total?: readonly [string, ReactNode];
}) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="col-span-2 grid grid-cols-subgrid">
          <dt className="text-muted">{name}</dt>
          <dd className="text-right">{value}</dd>
        </div>
      ))}
      {total !== undefined && (
        <div className="col-span-2 mt-1 grid grid-cols-subgrid items-baseline border-t border-line pt-2 text-base font-semibold">
          <dt>{total[0]}</dt>
          <dd className="text-right">{total[1]}</dd>
        </div>
      )}
    </dl>
  );
}
