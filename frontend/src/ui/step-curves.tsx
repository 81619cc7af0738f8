import { centsPerKwh, decimal, kwh } from "../lib/format.ts";
import { CURVE_HEIGHT, CURVE_WIDTH, type CurveStep, curveExtent, curvePath, x, y } from "../lib/steps.ts";

/**
 * Supply and demand of one quarter-hour as steps: price upwards, energy to the right. Where they meet is the price.
 *
 * @param title - What it shows; said to screen readers with the outcome.
 */
export function StepCurves({
  title,
  supply,
  demand,
  priceTicks,
  volumeWh,
}: {
  title: string;
  supply: readonly CurveStep[];
  demand: readonly CurveStep[];
  priceTicks: number;
  volumeWh: number;
}) {
  const extent = curveExtent([supply, demand], priceTicks);
  const traded = volumeWh > 0;
  const outcome = traded
    ? `${kwh(BigInt(volumeWh))} at ${centsPerKwh(priceTicks)}`
    : "supply and demand do not meet: nothing is sold";
  return (
    <figure>
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="sr-only">{title}</span>
        <span className="flex gap-4 text-muted" aria-hidden="true">
          <Key swatch="bg-sun" name="Supply" />
          <Key swatch="bg-grid" name="Demand" />
        </span>
        <span>{outcome}</span>
      </figcaption>
      <div className="mt-2 grid grid-cols-[2.75rem_1fr] grid-rows-[11rem_auto]" aria-hidden="true">
        <div className="relative text-right text-xs text-muted">
          {[1, 0.5, 0].map((share) => (
            <span key={share} className="absolute right-2 -translate-y-1/2" style={{ top: `${(1 - share) * 100}%` }}>
              {decimal(BigInt(Math.round(extent.priceTicks * share)), 2, extent.priceTicks < 500 ? 1 : 0)}
            </span>
          ))}
        </div>
        <svg viewBox={`0 0 ${CURVE_WIDTH} ${CURVE_HEIGHT}`} preserveAspectRatio="none" className="size-full">
          {[0, 0.5, 1].map((share) => (
            <g key={share} className="stroke-line" strokeWidth="1">
              <line
                x1="0"
                x2={CURVE_WIDTH}
                y1={share * CURVE_HEIGHT}
                y2={share * CURVE_HEIGHT}
                vectorEffect="non-scaling-stroke"
              />
              <line
                y1="0"
                y2={CURVE_HEIGHT}
                x1={share * CURVE_WIDTH}
                x2={share * CURVE_WIDTH}
                vectorEffect="non-scaling-stroke"
              />
            </g>
          ))}
          {traded && (
            <>
              <rect
                x="0"
                y={y(priceTicks, extent)}
                width={x(volumeWh, extent)}
                height={CURVE_HEIGHT - y(priceTicks, extent)}
                className="fill-accent/15"
              />
              <line
                x1="0"
                x2={CURVE_WIDTH}
                y1={y(priceTicks, extent)}
                y2={y(priceTicks, extent)}
                className="stroke-accent"
                strokeWidth="1.5"
                strokeDasharray="5 4"
                vectorEffect="non-scaling-stroke"
              />
            </>
          )}
          <path
            d={curvePath(demand, extent, "fall")}
            className="fill-none stroke-grid"
            strokeWidth="2.5"
            vectorEffect="non-scaling-stroke"
          />
          <path
            d={curvePath(supply, extent, "rise")}
            className="fill-none stroke-sun"
            strokeWidth="2.5"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
        <div className="col-start-2 mt-1 flex justify-between text-xs text-muted">
          {[0, 0.5, 1].map((share) => (
            <span key={share}>
              {decimal(BigInt(Math.round(extent.energyWh * share)), 3, extent.energyWh < 3_000 ? 2 : 1)}
            </span>
          ))}
        </div>
      </div>
      <p className="mt-1 text-xs text-muted" aria-hidden="true">
        Upwards: ct/kWh. To the right: kWh.
      </p>
    </figure>
  );
}

function Key({ swatch, name }: { swatch: string; name: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={`size-2.5 rounded-[3px] ${swatch}`} />
      {name}
    </span>
  );
}
