import { useConfig } from "wagmi";

import type { Settings } from "@commonwatt/sdk/settlement/types";
import { dayOf } from "@commonwatt/sdk/time";

import { useDeployment } from "../../chain/deployment.ts";
import type { MarketView, MeterStanding } from "../../chain/market-data.ts";
import { useProposeFlow } from "../../flow/flow-context.tsx";
import { settingsFlow } from "../../flow/settings-flow.ts";
import { dayLabel } from "../../lib/format.ts";
import { describeSettings } from "../../model/settings.ts";
import { Card, Note } from "../../ui/surfaces.tsx";
import { Summary } from "../../ui/summary.tsx";
import { SettingsForm } from "./settings-form.tsx";

/** How a meter trades now, what is planned, and the choice. */
export function SettingsCard({
  meter,
  name,
  standing,
  market,
  now,
}: {
  meter: number;
  name: string;
  standing: MeterStanding;
  market: MarketView;
  now: number;
}) {
  const config = useConfig();
  const deployment = useDeployment();
  const propose = useProposeFlow();
  const today = dayOf(now);
  const { settings, queued } = standing;
  const begun = queued !== undefined && queued.effectiveDay <= today;
  const latest = queued?.settings ?? settings;

  const submit = (next: Settings): void => {
    propose({
      flow: settingsFlow(config, deployment, meter, next),
      confirm: "Change from tomorrow",
      summary: (
        <div className="grid gap-4">
          <Summary
            rows={[
              ["Meter", name],
              ["From", `${dayLabel(today + 1)}, 00:00 UTC`],
              ["Until then", describeSettings(settings, market.today)],
              ["Then", describeSettings(next, market.tomorrow)],
            ]}
          />
          {queued !== undefined && <Note>This takes the place of the change that is planned already.</Note>}
        </div>
      ),
    });
  };

  return (
    <Card id="settings" title="How this meter trades">
      <dl className="mb-5 grid min-h-24 content-start gap-3 text-sm">
        <div>
          <dt className="text-muted">Now</dt>
          <dd className="font-medium" data-testid="settings-now">
            {describeSettings(settings, market.today)}
          </dd>
        </div>
        <div>
          <dt className="text-muted">
            {queued === undefined ? "From tomorrow on" : `From ${dayLabel(queued.effectiveDay)} on`}
          </dt>
          <dd className={queued === undefined ? "" : "font-medium"} data-testid="settings-queued">
            {queued === undefined
              ? "the same: no change is planned."
              : describeSettings(queued.settings, market.tomorrow)}
            {begun && (
              <span className="block font-normal text-muted">
                Its day has begun; it takes effect as soon as the days before it are settled.
              </span>
            )}
          </dd>
        </div>
      </dl>
      {standing.active ? (
        <SettingsForm key={JSON.stringify(latest)} latest={latest} market={market} locked={begun} onSubmit={submit} />
      ) : (
        <Note tone="notice">This meter has no working device at the moment, so its settings cannot be changed.</Note>
      )}
    </Card>
  );
}
