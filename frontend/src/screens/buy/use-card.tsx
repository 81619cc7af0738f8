import { useConfig } from "wagmi";

import type { Me } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { retireFlow } from "../../flow/buy-flows.ts";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { dayLabel, kwh } from "../../lib/format.ts";
import { sumSeries } from "../../lib/series.ts";
import type { Books } from "../../model/books.ts";
import { meterName } from "../../model/names.ts";
import { type PossibleUse, possibleUses } from "../../model/match.ts";
import { Button } from "../../ui/button.tsx";
import { DayStrip, MiniStrip } from "../../ui/day-strip.tsx";
import { Card, Empty } from "../../ui/surfaces.tsx";
import { Summary } from "../../ui/summary.tsx";

/** Days on which something I hold fits something I needed, and the button that uses it. */
export function UseCard({ me, books, now }: { me: Me; books: Books; now: number }) {
  const config = useConfig();
  const deployment = useDeployment();
  const propose = useProposeFlow();
  const uses = possibleUses(books, me.meters, me.address, now);

  const proposeUse = (use: PossibleUse): void => {
    propose({
      flow: retireFlow(config, deployment, use.retirement),
      confirm: `Use ${kwh(use.energyWh)}`,
      summary: (
        <div className="grid gap-4">
          <Summary
            rows={[
              ["Meter", meterName(deployment, use.meter, use.meter.meter)],
              ["Day", dayLabel(use.day)],
              ["Not covered yet", kwh(BigInt(sumSeries(use.uncovered)))],
            ]}
            total={["You use", kwh(use.energyWh)]}
          />
          <DayStrip
            title="What is covered, quarter-hour by quarter-hour"
            series={[
              { name: "Not covered", side: "down", look: "grid-light", values: use.uncovered },
              { name: "Covered by this", side: "down", look: "accent", values: use.covers },
            ]}
          />
        </div>
      ),
    });
  };

  return (
    <Card id="use" title="Use what you hold" flush>
      {uses.length === 0 ? (
        <div className="px-4 pb-3 sm:px-5">
          <Empty title="Nothing to use at the moment.">
            Energy can be used against what your meter took in during the same quarter-hour. Buy some that fits first.
          </Empty>
        </div>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {uses.map((use) => (
            <li
              key={`${use.meter.meter}/${use.day}`}
              className="grid grid-cols-[1fr_auto] items-center gap-x-4 gap-y-2 px-4 py-3 sm:grid-cols-[12rem_1fr_auto] sm:px-5"
            >
              <div>
                <p className="font-medium">{dayLabel(use.day)}</p>
                <p className="text-sm text-muted">{meterName(deployment, use.meter, use.meter.meter)}</p>
              </div>
              <div className="order-last col-span-2 sm:order-none sm:col-span-1">
                <MiniStrip
                  label={`${kwh(use.energyWh)} of ${kwh(BigInt(sumSeries(use.uncovered)))} not covered yet`}
                  series={[
                    { name: "Not covered", side: "up", look: "grid-light", values: use.uncovered },
                    { name: "Covered", side: "up", look: "accent", values: use.covers },
                  ]}
                />
              </div>
              <Button
                small
                look="primary"
                onClick={() => {
                  proposeUse(use);
                }}
              >
                Use {kwh(use.energyWh)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
