import "uplot/dist/uPlot.min.css";

import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";

import { faded, type PlotTheme, readPlotTheme, watchTheme } from "../lib/plot-theme.ts";
import { quarterStart } from "../lib/format.ts";

/** 96 prices in ct/kWh, or null where nothing was sold; and 96 amounts in kWh each. */
export type DayCurveData = {
  price: readonly (number | null)[];
  supply?: readonly number[];
  demand?: readonly number[];
  cleared: readonly number[];
};

const HEIGHTS = { price: 150, energy: 130 };
const AXIS_WIDTH = 44;
const FONT = "12px ui-sans-serif, system-ui, sans-serif";
/** The series' points are at the beginning of each quarter-hour; the 97th closes the last step. */
const NOTHING: readonly null[] = Array.from({ length: 96 }, () => null);
const X = Array.from({ length: 97 }, (_, index) => index);

/**
 * Price of a day above, supply, demand and what was sold below, over the same 96 quarter-hours. Drawn on canvas and hidden
 * from screen readers: whoever uses it puts a table with the same numbers beside it.
 *
 * @param selected - Quarter-hour marked by an upright line.
 * @param onSelect - Called with the quarter-hour that was clicked.
 * @param onPoint - Called with the quarter-hour under the pointer, undefined when it has left.
 */
export function DayCurve({
  data,
  selected,
  onSelect,
  onPoint,
}: {
  data: DayCurveData;
  selected: number;
  onSelect: (index: number) => void;
  onPoint: (index: number | undefined) => void;
}) {
  const priceHolder = useRef<HTMLDivElement>(null);
  const energyHolder = useRef<HTMLDivElement>(null);
  const plots = useRef<uPlot[]>([]);
  const marked = useRef(selected);
  const point = useEffectEvent(onPoint);
  const select = useEffectEvent(onSelect);

  useEffect(() => {
    const element = priceHolder.current;
    const below = energyHolder.current;
    if (element === null || below === null) return;
    const build = (): void => {
      for (const plot of plots.current) plot.destroy();
      const theme = readPlotTheme(element);
      const width = element.clientWidth;
      const hooks: Hooks = {
        mark: marked,
        point: (index) => {
          point(index);
        },
        select: (index) => {
          select(index);
        },
      };
      plots.current = [
        new uPlot(options("price", width, theme, hooks), [X, closed(data.price)], element),
        new uPlot(
          options("energy", width, theme, hooks),
          [X, closed(data.supply ?? NOTHING), closed(data.demand ?? NOTHING), closed(data.cleared)],
          below,
        ),
      ];
    };
    build();
    const unwatch = watchTheme(build);
    const resizes = new ResizeObserver(() => {
      for (const [index, plot] of plots.current.entries()) {
        const height = index === 0 ? HEIGHTS.price : HEIGHTS.energy;
        if (plot.width !== element.clientWidth) plot.setSize({ width: element.clientWidth, height });
      }
    });
    resizes.observe(element);
    return () => {
      unwatch();
      resizes.disconnect();
      for (const plot of plots.current) plot.destroy();
      plots.current = [];
    };
  }, [data]);

  useEffect(() => {
    marked.current = selected;
    for (const plot of plots.current) plot.redraw(false);
  }, [selected]);

  return (
    <div aria-hidden="true" className="min-w-0 text-xs text-muted">
      <p>ct/kWh</p>
      <div ref={priceHolder} className="overflow-hidden" style={{ height: HEIGHTS.price }} />
      <p>kWh</p>
      <div ref={energyHolder} className="overflow-hidden" style={{ height: HEIGHTS.energy }} />
    </div>
  );
}

/** A step needs its end: the last value stands once more at 24:00. */
function closed(values: readonly (number | null)[]): (number | null)[] {
  return [...values, values.at(-1) ?? null];
}

type Hooks = {
  mark: { current: number };
  point: (index: number | undefined) => void;
  select: (index: number) => void;
};

function options(panel: "price" | "energy", width: number, theme: PlotTheme, hooks: Hooks): uPlot.Options {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const steps = stepped === undefined ? {} : { paths: stepped };
  const axis = { stroke: theme.muted, font: FONT, ticks: { show: false } };
  const grid = { stroke: theme.line, width: 1 };
  const price: uPlot.Series[] = [
    { label: "Price", stroke: theme.accent, width: 2.5, points: { show: false }, ...steps },
  ];
  const energy: uPlot.Series[] = [
    { label: "Supply", stroke: theme.sun, fill: faded(theme.sun, 0.18), width: 1.5, points: { show: false }, ...steps },
    {
      label: "Demand",
      stroke: theme.grid,
      fill: faded(theme.grid, 0.14),
      width: 1.5,
      points: { show: false },
      ...steps,
    },
    {
      label: "Sold",
      stroke: theme.accent,
      fill: faded(theme.accent, 0.45),
      width: 0,
      points: { show: false },
      ...steps,
    },
  ];
  return {
    width,
    height: HEIGHTS[panel],
    padding: [8, 18, panel === "price" ? 4 : 0, 0],
    legend: { show: false },
    scales: { x: { time: false, range: [0, 96] }, y: { range: (_plot, _min, max) => [0, niceMax(max)] } },
    series: [{}, ...(panel === "price" ? price : energy)],
    axes: [
      {
        ...axis,
        grid,
        size: panel === "price" ? 6 : 26,
        splits: [0, 24, 48, 72, 96],
        values: (_plot, splits) => splits.map((index) => (panel === "price" ? "" : quarterStart(index))),
      },
      { ...axis, grid, size: AXIS_WIDTH, space: 34, values: (_plot, splits) => splits.map(shortNumber) },
    ],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: false, y: false },
      sync: { key: "day-curve" },
      bind: {
        click: (plot) => () => {
          const index = quarterUnder(plot);
          if (index !== undefined) hooks.select(index);
          return null;
        },
      },
    },
    hooks: {
      setCursor: [
        (plot) => {
          hooks.point(quarterUnder(plot));
        },
      ],
      draw: [
        (plot) => {
          const at = plot.valToPos(hooks.mark.current + 0.5, "x", true);
          const { ctx, bbox } = plot;
          ctx.save();
          ctx.strokeStyle = theme.ink;
          ctx.globalAlpha = 0.55;
          ctx.lineWidth = 1.5 * devicePixelRatio;
          ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
          ctx.beginPath();
          ctx.moveTo(at, bbox.top);
          ctx.lineTo(at, bbox.top + bbox.height);
          ctx.stroke();
          ctx.restore();
        },
      ],
    },
  };
}

/** The quarter-hour under the pointer; undefined where there is none. */
function quarterUnder(plot: uPlot): number | undefined {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return undefined;
  return Math.max(0, Math.min(95, Math.floor(plot.posToVal(left, "x"))));
}

/** Room above the highest value; something to stand on where there is none. */
function niceMax(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.12;
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? value.toString() : value.toFixed(value < 1 ? 2 : 1);
}
