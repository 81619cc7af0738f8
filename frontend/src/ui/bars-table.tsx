import { kwhNumber, quarterLabel } from "../lib/format.ts";
import type { DaySeries } from "../lib/series.ts";
import { Cell, Table } from "./table.tsx";

/** The numbers of a day's chart as a table, folded away. Quarter-hours in which nothing happened are left out. */
export function BarsTable({
  title,
  series,
}: {
  title: string;
  series: readonly { name: string; values: DaySeries }[];
}) {
  const rows = Array.from({ length: 96 }, (_, index) => index).filter((index) =>
    series.some((entry) => (entry.values[index] ?? 0) > 0),
  );
  return (
    <details className="mt-2 text-sm">
      <summary className="inline-block rounded-md py-1 text-accent underline-offset-4 hover:underline">
        Show as a table
      </summary>
      {rows.length === 0 ? (
        <p className="text-muted">Nothing in any quarter-hour.</p>
      ) : (
        <Table
          caption={`${title}, kWh for each quarter-hour (UTC)`}
          maxHeight="max-h-72"
          columns={[
            { key: "time", head: "Quarter-hour" },
            ...series.map((entry) => ({ key: entry.name, head: `${entry.name}, kWh`, numeric: true })),
          ]}
        >
          {rows.map((index) => (
            <tr key={index}>
              <Cell head>{quarterLabel(index)}</Cell>
              {series.map((entry) => (
                <Cell key={entry.name} numeric>
                  {kwhNumber(BigInt(entry.values[index] ?? 0))}
                </Cell>
              ))}
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}
