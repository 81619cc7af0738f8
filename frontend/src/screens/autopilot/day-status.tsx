import type { ReactNode } from "react";

import { clockLabel, dayLabel } from "../../lib/format.ts";
import { type DayPhase, dayPhase, isIn } from "../../model/day-phase.ts";
import type { MarketView, MeterStanding } from "../../chain/market-data.ts";
import { Chip } from "../../ui/surfaces.tsx";

const NAMES: Record<DayPhase["phase"], string> = {
  waiting: "First day",
  collecting: "Collecting",
  forcing: "Announced",
  closing: "Being settled",
  settled: "Settled",
  void: "Not settled",
};

/** How far the settlement of the newest day is, in a sentence. Its room is fixed: on a fast clock it changes often. */
export function DayStatus({
  market,
  standing,
  now,
}: {
  market: MarketView;
  /** Of the meter that is shown, if one is. */
  standing: MeterStanding | undefined;
  now: number;
}) {
  const phase = dayPhase(market, now);
  const sharing = standing?.settings.sharing === true;
  const included = sharing && isIn(standing.seat, market.announced);
  return (
    <section
      aria-label="Settlement"
      className="grid min-h-36 content-center gap-1.5 rounded-card border border-line bg-surface px-4 py-3 sm:min-h-18 sm:grid-cols-[8.5rem_1fr] sm:items-center sm:gap-4 sm:px-5"
    >
      <span>
        <Chip tone={phase.phase === "void" ? "bad" : phase.phase === "settled" ? "good" : "calm"}>
          {NAMES[phase.phase]}
        </Chip>
      </span>
      <p className="text-sm">
        {market.paused && "The neighbourhood’s guardian has paused settlements; what is in your account stays free. "}
        {sentence(phase, sharing ? included : undefined)}
      </p>
    </section>
  );
}

/** @param included - Whether the meter shown is in the announced day; undefined if no sharing meter is shown. */
function sentence(phase: DayPhase, included: boolean | undefined): ReactNode {
  const day = <strong className="font-semibold">{dayLabel(phase.day)}</strong>;
  switch (phase.phase) {
    case "waiting":
      return <>Nothing has been settled yet. {day} is the first day: it is settled after midnight (UTC).</>;
    case "collecting":
      return <>{day} is over. The meters’ data are being collected; then its settlement is announced.</>;
    case "forcing":
      return (
        <>
          {day} is announced. {included === true && <strong className="font-semibold">Your meter is in. </strong>}
          {included === false && (
            <>
              <strong className="font-semibold">Your meter is not in:</strong> until {clockLabel(phase.endsAt)} it can
              still be added by whoever keeps its data.{" "}
            </>
          )}
          It is settled after {clockLabel(phase.endsAt)}, by {clockLabel(phase.closesAt)} UTC at the latest.
        </>
      );
    case "closing":
      return (
        <>
          {day} is being settled, until {clockLabel(phase.closesAt)} UTC at the latest.
          {included === true && " Your meter is in."}
          {included === false && " Your meter is not in."}
        </>
      );
    case "settled":
      return <>{day} is settled. The day that runs now follows when it is over.</>;
    case "void":
      return (
        <>
          {day} was not settled in time. Nobody paid or was paid: that day’s energy stayed with everybody’s own
          supplier.
        </>
      );
  }
}
