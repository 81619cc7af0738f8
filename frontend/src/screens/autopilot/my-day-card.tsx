import type { ReactNode } from "react";

import { centsPerKwh, dayLabel, eur, kwhShort } from "../../lib/format.ts";
import { averageTicks } from "../../model/day-summary.ts";
import { type Statement, totalsOf } from "../../model/day-market.ts";
import type { SettledDay } from "../../model/settled-day.ts";
import { DayStrip } from "../../ui/day-strip.tsx";
import { Card, Empty, Figure, SkeletonRows } from "../../ui/surfaces.tsx";

/** Why a card has nothing to show. */
export type Problem = { title: string; why: ReactNode };

/** What a meter sold and bought on a settled day, and what stayed with its supplier. */
export function MyDayCard({
  name,
  settled,
  statement,
  problem,
}: {
  name: string;
  /** Undefined if no day has been settled yet. */
  settled: SettledDay | undefined;
  /** Undefined while it is read, or if there is none: then `problem` says why. */
  statement: Statement | undefined;
  problem: Problem | undefined;
}) {
  return (
    <Card id="my-day" title={settled === undefined ? name : `${name} on ${dayLabel(settled.day)}`}>
      <div className="min-h-[26rem] sm:min-h-[23rem]">
        {statement !== undefined ? (
          <StatementView statement={statement} />
        ) : problem !== undefined ? (
          <Empty title={problem.title}>{problem.why}</Empty>
        ) : (
          <SkeletonRows rows={7} what="the day of this meter" />
        )}
      </div>
    </Card>
  );
}

function StatementView({ statement }: { statement: Statement }) {
  const { soldWh, boughtWh, residualExportWh, residualImportWh } = totalsOf(statement);
  const { paymentBaseUnits, earnedBaseUnits, spentBaseUnits } = statement;
  const sellPrice = averageTicks(soldWh, earnedBaseUnits);
  const buyPrice = averageTicks(boughtWh, spentBaseUnits);
  const paid = paymentBaseUnits > 0n;
  return (
    <>
      <dl className="mb-5 grid grid-cols-2 gap-x-6 gap-y-4" data-testid="statement">
        <Figure
          label="Sold to neighbours"
          value={kwhShort(soldWh)}
          hint={sellPrice === undefined ? "nothing" : `${eur(earnedBaseUnits)}, on average ${centsPerKwh(sellPrice)}`}
        />
        <Figure
          label="Bought from neighbours"
          value={kwhShort(boughtWh)}
          hint={buyPrice === undefined ? "nothing" : `${eur(spentBaseUnits)}, on average ${centsPerKwh(buyPrice)}`}
        />
        <Figure
          label={paid ? "You paid" : "You were paid"}
          value={eur(paid ? paymentBaseUnits : -paymentBaseUnits)}
          hint="booked on the meter"
        />
        <Figure
          label="Left to your supplier"
          value={kwhShort(residualImportWh)}
          hint={`billed; ${kwhShort(residualExportWh)} fed in`}
        />
      </dl>
      <DayStrip
        title="What this meter sent out and took in, and what of it was shared"
        series={[
          { name: "Out", side: "up", look: "sun-light", values: statement.exports },
          { name: "Sold", side: "up", look: "sun", values: statement.sold },
          { name: "In", side: "down", look: "grid-light", values: statement.imports },
          { name: "Bought", side: "down", look: "accent", values: statement.bought },
        ]}
      />
    </>
  );
}
