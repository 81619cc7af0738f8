import { type SubmitEvent, useState } from "react";

import type { Interval } from "@commonwatt/sdk/time";
import type { Ticks, Wh } from "@commonwatt/sdk/units";

import type { Me } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { centsPerKwh, decimal, eurExact, kwh } from "../../lib/format.ts";
import { parseKwh } from "../../lib/parse.ts";
import type { OfferView } from "../../model/market.ts";
import { missingOfAll, planByHand, usableOf } from "../../model/match.ts";
import { meterName } from "../../model/names.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Modal } from "../../ui/modal.tsx";
import { Summary } from "../../ui/summary.tsx";
import { usePurchase } from "./use-purchase.tsx";

/** Chooses how much of one offer to buy. */
export function HandBuyDialog({
  me,
  view,
  usable,
  charge,
  now,
  onClose,
}: {
  me: Me;
  view: OfferView;
  usable: ReadonlyMap<Interval, Wh>;
  charge: Ticks;
  now: number;
  onClose: () => void;
}) {
  const deployment = useDeployment();
  const purchase = usePurchase(me);
  const fits = usableOf(view, usable);
  const [onlyUsable, setOnlyUsable] = useState(fits > 0n);
  const mostWh = onlyUsable ? fits : view.availableWh;
  const [amount, setAmount] = useState(() => decimal(mostWh, 3, 3).replaceAll("\u202f", ""));
  const parsed = parseKwh(amount);
  const plan = planByHand(
    view,
    parsed.ok ? parsed.value : 0n,
    onlyUsable ? usable : undefined,
    me.address,
    charge,
    now,
  );
  const total = plan.paidBaseUnits + plan.chargeBaseUnits;
  const error = !parsed.ok
    ? parsed.message
    : parsed.value > mostWh
      ? `At most ${kwh(mostWh)} can be bought${onlyUsable ? " that you can use" : ""}.`
      : undefined;
  const affordable = purchase.affordable(plan);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (error !== undefined || plan.energyWh === 0n || !affordable) return;
    onClose();
    purchase.propose(plan, (market) =>
      planByHand(
        // What has left the board cannot be bought from.
        market.offers.find(({ hash }) => hash === view.hash) ?? { ...view, state: "expired" },
        plan.energyWh,
        onlyUsable ? missingOfAll(market.books, me.meters, me.address, market.now) : undefined,
        me.address,
        market.charge,
        market.now,
      ),
    );
  };

  return (
    <Modal open title={`Buy from ${meterName(deployment, view.meter, view.offer.meter)}`} onClose={onClose}>
      <form noValidate onSubmit={submit} className="grid gap-4 pb-4">
        <Field
          label="How much, kWh"
          hint={
            !affordable && purchase.ready
              ? "That costs more than your balance."
              : `${kwh(view.availableWh)} are offered`
          }
          error={error}
        >
          {(control) => (
            <input
              {...control}
              className="control text-right"
              inputMode="decimal"
              autoComplete="off"
              value={amount}
              onChange={(event) => {
                setAmount(event.target.value);
              }}
            />
          )}
        </Field>
        <label className="flex min-h-9 items-center gap-2.5 text-sm">
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={onlyUsable}
            disabled={fits === 0n}
            onChange={(event) => {
              setOnlyUsable(event.target.checked);
            }}
          />
          Only quarter-hours in which I can use it ({kwh(fits)})
        </label>
        <Summary
          rows={[
            ["Price, charge included", centsPerKwh(view.offer.priceTicks + charge)],
            ["Energy", kwh(plan.energyWh)],
          ]}
          total={["You would pay", eurExact(total)]}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button
            type="submit"
            look="primary"
            disabled={!purchase.ready || error !== undefined || plan.energyWh === 0n || !affordable}
          >
            Review purchase
          </Button>
        </div>
      </form>
    </Modal>
  );
}
