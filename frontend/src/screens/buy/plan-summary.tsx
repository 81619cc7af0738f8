import type { FillPlan } from "@commonwatt/sdk/fill-plan";
import { dayOfInterval } from "@commonwatt/sdk/time";
import { paymentBaseUnits, wh } from "@commonwatt/sdk/units";

import { useDeployment } from "../../chain/deployment.ts";
import { cents, centsPerKwh, dayLabel, eurExact, kwh, kwhNumber } from "../../lib/format.ts";
import type { Books } from "../../model/books.ts";
import { averageTicks } from "../../model/day-summary.ts";
import { meterName } from "../../model/names.ts";
import { Summary } from "../../ui/summary.tsx";
import { Cell, Table } from "../../ui/table.tsx";

/** Everything about a purchase before it is made: from whom, how much, at what price, and the total. */
export function PlanSummary({ plan, books }: { plan: FillPlan; books: Books | undefined }) {
  const deployment = useDeployment();
  const total = plan.paidBaseUnits + plan.chargeBaseUnits;
  const average = averageTicks(plan.energyWh, total);
  return (
    <div className="grid gap-4">
      <div className="-mx-5">
        <Table
          caption="What you buy, and from whom"
          maxHeight="max-h-56"
          columns={[
            { key: "from", head: "From" },
            { key: "energy", head: "kWh", numeric: true },
            { key: "price", head: "ct/kWh", numeric: true },
            { key: "money", head: "EUR", numeric: true },
          ]}
        >
          {plan.fills.map((fill) => {
            const energy = wh(fill.energyWh.reduce((sum, value) => sum + value, 0));
            const { meter, priceTicks } = fill.offer;
            return (
              <tr key={`${fill.offer.seller}/${fill.offer.nonce}/${fill.firstInterval}`}>
                <Cell head>
                  {meterName(deployment, books?.meters.get(meter), meter)}
                  <span className="block font-normal text-muted">{dayLabel(dayOfInterval(fill.firstInterval))}</span>
                </Cell>
                <Cell numeric>{kwhNumber(energy)}</Cell>
                <Cell numeric>{cents(priceTicks)}</Cell>
                <Cell numeric>{eurExact(paymentBaseUnits(energy, priceTicks)).replace(/\u00a0EUR$/u, "")}</Cell>
              </tr>
            );
          })}
        </Table>
      </div>
      <Summary
        rows={[
          ["Energy", kwh(plan.energyWh)],
          ["To the sellers", eurExact(plan.paidBaseUnits)],
          ["Network charge", eurExact(plan.chargeBaseUnits)],
          ...(average === undefined ? [] : [["Average price, charge included", centsPerKwh(average)] as const]),
        ]}
        total={["You pay", eurExact(total)]}
      />
    </div>
  );
}
