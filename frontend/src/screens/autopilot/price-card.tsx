import { type ReactNode, useMemo, useState } from "react";

import { priceCurve } from "@commonwatt/sdk/settlement/curve";
import { ordersOf } from "@commonwatt/sdk/settlement/reference/day";
import type { Order } from "@commonwatt/sdk/settlement/types";

import { cents, centsPerKwh, count, kwh, kwhNumber, kwhShort, quarterLabel } from "../../lib/format.ts";
import { peakIndex } from "../../lib/series.ts";
import type { CurveStep } from "../../lib/steps.ts";
import { type DayMarket, marketSeries, type MarketSeries } from "../../model/day-market.ts";
import { averagePriceTicks, priceRange, type SettledDay } from "../../model/settled-day.ts";
import { DayCurve } from "../../ui/day-curve.tsx";
import { StepCurves } from "../../ui/step-curves.tsx";
import { Card, Figure } from "../../ui/surfaces.tsx";
import { Cell, Table } from "../../ui/table.tsx";

/** The price of a settled day, with supply and demand, and how they met in one quarter-hour. */
export function PriceCard({
  title,
  settled,
  market,
  error,
  aside,
}: {
  title: string;
  settled: SettledDay;
  /** Undefined while the profiles are read. */
  market: DayMarket | undefined;
  error: ReactNode;
  aside?: ReactNode;
}) {
  const series = useMemo(() => (market === undefined ? undefined : marketSeries(market)), [market]);
  const orders = useMemo(() => (market === undefined ? undefined : ordersOf(market.meters, market.tariff)), [market]);
  const cleared = useMemo(() => settled.intervals.map(({ volumeWh }) => Number(volumeWh)), [settled]);
  const [chosen, setChosen] = useState<number>();
  const [pointed, setPointed] = useState<number>();
  const index = chosen ?? peakIndex(cleared);
  const interval = settled.intervals[index];
  const curves = useMemo(
    () => (orders === undefined || market === undefined ? undefined : curvesOf(orders[index] ?? [], market)),
    [orders, market, index],
  );
  const data = useMemo(
    () => ({
      price: settled.intervals.map(({ priceTicks, volumeWh }) => (volumeWh > 0n ? priceTicks / 100 : null)),
      cleared: cleared.map((wh) => wh / 1_000),
      ...(series === undefined
        ? {}
        : { supply: series.supply.map((wh) => wh / 1_000), demand: series.demand.map((wh) => wh / 1_000) }),
    }),
    [settled, cleared, series],
  );
  const average = averagePriceTicks(settled.intervals);
  const range = priceRange(settled.intervals);

  return (
    <Card id="price" title={title} aside={aside}>
      <dl className="mb-4 grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3" data-testid="price-figures">
        <Figure label="Shared" value={kwhShort(settled.clearedWh)} hint={`by ${count(settled.paid.size, "meter")}`} />
        <Figure
          label="Average price"
          value={average === undefined ? "no trade" : centsPerKwh(average)}
          hint={range === undefined ? undefined : `from ${cents(range.from)} to ${cents(range.to)}`}
        />
        <Figure
          label="Network charge"
          value={market === undefined ? "\u2026" : centsPerKwh(market.tariff.networkChargeTicks)}
          hint="on top for buyers"
        />
      </dl>
      <Legend index={pointed ?? index} settled={settled} series={series} />
      <DayCurve data={data} selected={index} onSelect={setChosen} onPoint={setPointed} />
      <input
        type="range"
        min={0}
        max={95}
        value={index}
        aria-label="Quarter-hour to look into"
        aria-valuetext={spoken(index, settled)}
        className="mt-1 ml-11 block h-8 w-[calc(100%-3.75rem)] accent-accent"
        onChange={(event) => {
          setChosen(Number(event.target.value));
        }}
      />
      <DayTable settled={settled} series={series} title={title} />
      <div className="mt-6 border-t border-line pt-4">
        <h3 className="mb-2 font-semibold">Supply and demand, {quarterLabel(index)}</h3>
        {curves !== undefined && interval !== undefined ? (
          <>
            <StepCurves
              title={`Supply and demand in the quarter-hour ${quarterLabel(index)}`}
              supply={curves.supply}
              demand={curves.demand}
              priceTicks={interval.priceTicks}
              volumeWh={Number(interval.volumeWh)}
            />
            <StepsTable supply={curves.supply} demand={curves.demand} label={quarterLabel(index)} />
          </>
        ) : (
          <div className="min-h-60 text-sm text-muted">{error ?? <div className="skeleton h-52" />}</div>
        )}
      </div>
    </Card>
  );
}

function curvesOf(orders: readonly Order[], { tariff }: DayMarket): { supply: CurveStep[]; demand: CurveStep[] } {
  const { supply, demand } = priceCurve(orders, tariff.networkChargeTicks);
  const inNumbers = ({ priceTicks, fromWh, toWh }: (typeof supply)[number]): CurveStep => ({
    priceTicks,
    fromWh: Number(fromWh),
    toWh: Number(toWh),
  });
  return { supply: supply.map(inNumbers), demand: demand.map(inNumbers) };
}

function Legend({ index, settled, series }: { index: number; settled: SettledDay; series: MarketSeries | undefined }) {
  const interval = settled.intervals[index];
  const entries: [string, string, string][] = [
    [
      "bg-accent",
      "Price",
      interval === undefined || interval.volumeWh === 0n ? "no trade" : centsPerKwh(interval.priceTicks),
    ],
    ["bg-sun", "Supply", series === undefined ? "\u2026" : kwh(BigInt(series.supply[index] ?? 0))],
    ["bg-grid", "Demand", series === undefined ? "\u2026" : kwh(BigInt(series.demand[index] ?? 0))],
    ["bg-accent/50", "Sold", kwh(interval?.volumeWh ?? 0n)],
  ];
  return (
    <div aria-hidden="true" className="mb-1 grid grid-cols-2 gap-x-4 text-sm sm:flex sm:flex-wrap">
      <span className="col-span-2 font-medium sm:min-w-28">{quarterLabel(index)}</span>
      {entries.map(([swatch, name, value]) => (
        <span key={name} className="inline-flex items-center gap-1.5 whitespace-nowrap sm:min-w-36">
          <span className={`size-2.5 shrink-0 rounded-[3px] ${swatch}`} />
          <span className="text-muted">{name}</span> {value}
        </span>
      ))}
    </div>
  );
}

function spoken(index: number, settled: SettledDay): string {
  const interval = settled.intervals[index];
  const outcome =
    interval === undefined || interval.volumeWh === 0n
      ? "nothing sold"
      : `${kwh(interval.volumeWh)} at ${centsPerKwh(interval.priceTicks)}`;
  return `${quarterLabel(index)}: ${outcome}`;
}

function DayTable({
  settled,
  series,
  title,
}: {
  settled: SettledDay;
  series: MarketSeries | undefined;
  title: string;
}) {
  return (
    <details className="mt-2 text-sm">
      <summary className="inline-block rounded-md py-1 text-accent underline-offset-4 hover:underline">
        Show as a table
      </summary>
      <Table
        caption={`${title}, for each quarter-hour (UTC)`}
        maxHeight="max-h-72"
        columns={[
          { key: "time", head: "Quarter-hour" },
          { key: "price", head: "ct/kWh", numeric: true },
          { key: "supply", head: "Supply, kWh", numeric: true },
          { key: "demand", head: "Demand, kWh", numeric: true },
          { key: "sold", head: "Sold, kWh", numeric: true },
        ]}
      >
        {settled.intervals.map(({ priceTicks, volumeWh }, index) => (
          <tr key={index}>
            <Cell head>{quarterLabel(index)}</Cell>
            <Cell numeric>{volumeWh === 0n ? "no trade" : cents(priceTicks)}</Cell>
            <Cell numeric>{series === undefined ? "\u2026" : kwhNumber(BigInt(series.supply[index] ?? 0))}</Cell>
            <Cell numeric>{series === undefined ? "\u2026" : kwhNumber(BigInt(series.demand[index] ?? 0))}</Cell>
            <Cell numeric>{kwhNumber(volumeWh)}</Cell>
          </tr>
        ))}
      </Table>
    </details>
  );
}

function StepsTable({
  supply,
  demand,
  label,
}: {
  supply: readonly CurveStep[];
  demand: readonly CurveStep[];
  label: string;
}) {
  const rows = [
    ...supply.map((step) => ({ side: "supply", step })),
    ...demand.map((step) => ({ side: "demand", step })),
  ];
  return (
    <details className="mt-2 text-sm">
      <summary className="inline-block rounded-md py-1 text-accent underline-offset-4 hover:underline">
        Show {count(rows.length, "step")} as a table
      </summary>
      {rows.length === 0 ? (
        <p className="text-muted">Nobody offered or wanted anything.</p>
      ) : (
        <Table
          caption={`Steps of supply and demand, ${label}, by the seller’s price`}
          maxHeight="max-h-72"
          columns={[
            { key: "side", head: "Side" },
            { key: "price", head: "ct/kWh", numeric: true },
            { key: "energy", head: "kWh", numeric: true },
          ]}
        >
          {rows.map(({ side, step }, index) => (
            <tr key={index}>
              <Cell head>{side}</Cell>
              <Cell numeric>{cents(step.priceTicks)}</Cell>
              <Cell numeric>{kwhNumber(BigInt(step.toWh - step.fromWh))}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </details>
  );
}
