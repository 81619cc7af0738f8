import { addressKey, kwhNumber } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { profileSeries, recordedDays } from "../../model/day-summary.ts";
import { sharedDays } from "../../model/settlement-books.ts";
import { useMe } from "../../chain/data.tsx";
import { useSettlement } from "../../chain/settlement-input.ts";
import { sumSeries } from "../../lib/series.ts";
import { MiniStrip } from "../../ui/day-strip.tsx";
import { CustodyLabel, MeterLabel, SourceLabel } from "../../ui/meter-label.tsx";
import { Card, Chip, Empty } from "../../ui/surfaces.tsx";
import { Cell, Table, WIDE_ONLY } from "../../ui/table.tsx";

/** All meters of the neighbourhood, with the newest recorded day of each. */
export function MetersTable({ books }: { books: Books }) {
  const me = useMe();
  const meters = [...books.meters.values()].toSorted((a, b) => a.meter - b.meter);
  const [newest] = recordedDays(books);
  const profiles = newest === undefined ? [] : (books.days.get(newest)?.profiles ?? []);
  const [settled] = sharedDays(books.settlement);
  const { detail } = useSettlement(books, settled);
  return (
    <Card id="meters" title="Meters" flush>
      {meters.length === 0 ? (
        <div className="px-4 pb-4">
          <Empty title="No meter has been registered yet." />
        </div>
      ) : (
        <Table
          caption="Meters of this neighbourhood, with their newest recorded day"
          columns={[
            { key: "meter", head: "Meter" },
            { key: "source", head: "Source", className: WIDE_ONLY },
            { key: "custody", head: "Key kept by", className: WIDE_ONLY },
            { key: "day", head: "Newest day", className: WIDE_ONLY },
            { key: "out", head: "Out, kWh", numeric: true },
            { key: "in", head: "In, kWh", numeric: true },
          ]}
        >
          {meters.map((meter) => {
            const profile = profiles.find((entry) => entry.meter === meter.meter);
            const series = profile === undefined ? detail?.statements.get(meter.meter) : profileSeries(profile);
            const mine = me !== undefined && addressKey(meter.owner) === addressKey(me.address);
            return (
              <tr key={meter.meter}>
                <Cell head>
                  <span className="flex items-center gap-2">
                    <MeterLabel number={meter.meter} meter={meter} />
                    {mine && <Chip tone="good">yours</Chip>}
                  </span>
                </Cell>
                <Cell className={WIDE_ONLY}>
                  <SourceLabel meter={meter} />
                </Cell>
                <Cell className={WIDE_ONLY}>
                  <CustodyLabel custody={books.custody.get(meter.meter)} />
                </Cell>
                <Cell className={`w-full ${WIDE_ONLY}`}>
                  {series === undefined ? (
                    <span className="text-muted">not recorded</span>
                  ) : (
                    <MiniStrip
                      label={`Out and in of meter ${meter.meter}, quarter-hour by quarter-hour`}
                      series={[
                        { name: "Out", side: "up", look: "sun", values: series.exports },
                        { name: "In", side: "down", look: "grid", values: series.imports },
                      ]}
                    />
                  )}
                </Cell>
                <Cell numeric>{series === undefined ? "" : kwhNumber(BigInt(sumSeries(series.exports)))}</Cell>
                <Cell numeric>{series === undefined ? "" : kwhNumber(BigInt(sumSeries(series.imports)))}</Cell>
              </tr>
            );
          })}
        </Table>
      )}
    </Card>
  );
}
