import { type PointerEvent, useState } from "react";

import { BarsTable } from "./bars-table.tsx";
import { bands, barsPath, CHART_HEIGHT, CHART_WIDTH, quarterAt } from "../lib/bars.ts";
import { kwh, quarterLabel } from "../lib/format.ts";
import { type DaySeries, peakIndex, sumSeries } from "../lib/series.ts";

type Side = "up" | "down";
type Look = "sun" | "sun-light" | "grid" | "grid-light" | "accent";

/** One amount for each quarter-hour. Later ones are drawn over earlier ones on the same side of the line. */
export type StripSeries = { name: string; side: Side; look: Look; values: DaySeries };

const FILLS: Record<Look, string> = {
  sun: "fill-sun",
  "sun-light": "fill-sun/30",
  grid: "fill-grid",
  "grid-light": "fill-grid/30",
  accent: "fill-accent",
};
const SWATCHES: Record<Look, string> = {
  sun: "bg-sun",
  "sun-light": "bg-sun/30",
  grid: "bg-grid",
  "grid-light": "bg-grid/30",
  accent: "bg-accent",
};

/** The bars alone. */
function Bars({
  series,
  selected,
  height,
}: {
  series: readonly StripSeries[];
  selected?: Span | undefined;
  height: string;
}) {
  const max = (side: Side): number =>
    Math.max(0, ...series.filter((entry) => entry.side === side).flatMap((entry) => entry.values));
  const maxima = { up: max("up"), down: max("down") };
  const layout = bands(maxima.up, maxima.down);
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`}
      preserveAspectRatio="none"
      className={`block w-full ${height}`}
    >
      {selected !== undefined && (
        <rect
          x={selected.first * 10}
          width={(selected.last - selected.first + 1) * 10}
          y="0"
          height={CHART_HEIGHT}
          className="fill-accent-soft"
        />
      )}
      {[24, 48, 72].map((index) => (
        <line
          key={index}
          x1={index * 10}
          x2={index * 10}
          y1="0"
          y2={CHART_HEIGHT}
          className="stroke-line"
          strokeWidth="1"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {series.map((entry) => (
        <path
          key={entry.name}
          d={barsPath(entry.values, maxima[entry.side], layout[entry.side])}
          className={FILLS[entry.look]}
        />
      ))}
      <line
        x1="0"
        x2={CHART_WIDTH}
        y1={layout.line}
        y2={layout.line}
        className="stroke-edge"
        strokeWidth="1"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

type Span = { first: number; last: number };

/** A day in the height of a table row. `label` says in words what it shows. */
export function MiniStrip({ series, label }: { series: readonly StripSeries[]; label: string }) {
  return (
    <div role="img" aria-label={label} className="w-full min-w-24">
      <Bars series={series} height="h-9" />
    </div>
  );
}

/**
 * A day of 96 quarter-hours: energy out above the line, energy in below. Pointing at it reads out one quarter-hour; the
 * table below it holds the same numbers for whoever cannot see or point.
 *
 * @param title - What the figure shows.
 * @param selected - Quarter-hours to mark, last one included.
 */
export function DayStrip({
  title,
  series,
  selected,
}: {
  title: string;
  series: readonly StripSeries[];
  selected?: Span | undefined;
}) {
  const [at, setAt] = useState<number>();
  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setAt(quarterAt((event.clientX - left) / width));
  };
  return (
    <figure>
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="sr-only">{title}</span>
        <span className="flex flex-wrap gap-x-4 text-muted">
          {series.map((entry) => (
            <span key={entry.name} className="inline-flex items-center gap-1.5">
              <span aria-hidden="true" className={`size-2.5 rounded-[3px] ${SWATCHES[entry.look]}`} />
              {entry.name}
            </span>
          ))}
        </span>
        <span aria-hidden="true" className="ml-auto min-h-5 text-right">
          {at === undefined ? peakText(series) : readOut(series, at)}
        </span>
      </figcaption>
      <div
        className="relative mt-2"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => {
          setAt(undefined);
        }}
      >
        <Bars series={series} selected={selected} height="h-36" />
        {at !== undefined && (
          <div
            aria-hidden="true"
            className="pointer-events-none absolute inset-y-0 w-px bg-ink/60"
            style={{ left: `${((at + 0.5) / 96) * 100}%` }}
          />
        )}
      </div>
      <div aria-hidden="true" className="mt-1 flex justify-between text-xs text-muted">
        {["00:00", "06:00", "12:00", "18:00", "24:00"].map((label) => (
          <span key={label}>{label}</span>
        ))}
      </div>
      <BarsTable title={title} series={series} />
    </figure>
  );
}

function readOut(series: readonly StripSeries[], index: number): string {
  const parts = series.map((entry) => `${entry.name.toLowerCase()} ${kwh(BigInt(entry.values[index] ?? 0))}`);
  return `${quarterLabel(index)}: ${parts.join(", ")}`;
}

function peakText(series: readonly StripSeries[]): string {
  const first = series[0];
  if (first === undefined || sumSeries(first.values) === 0) return "";
  return `most at ${quarterLabel(peakIndex(first.values))}`;
}
