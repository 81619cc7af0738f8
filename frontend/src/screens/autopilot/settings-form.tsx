import { type ReactNode, type SubmitEvent, useId, useState } from "react";

import type { Settings } from "@commonwatt/sdk/settlement/types";

import type { MarketView } from "../../chain/market-data.ts";
import { centsPerKwh, eurPerKwh } from "../../lib/format.ts";
import {
  type Choice,
  CHOICE_NAMES,
  draftOf,
  limitsUnder,
  resolveSettings,
  sameSettings,
  type SettingsDraft,
} from "../../model/settings.ts";
import { parseCents } from "../../lib/parse.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";

/** The choice between the community price, two limits and trading by hand. Begins with what was chosen last. */
export function SettingsForm({
  latest,
  market,
  locked,
  onSubmit,
}: {
  latest: Settings;
  market: MarketView;
  /** A queued change has begun: nothing can be queued before it is in force. */
  locked: boolean;
  onSubmit: (settings: Settings) => void;
}) {
  const [draft, setDraft] = useState<SettingsDraft>(() => draftOf(latest, market.tomorrow));
  const [shown, setShown] = useState(false);
  const outcome = resolveSettings(draft);
  const errors = "settings" in outcome ? {} : outcome;
  const unchanged = "settings" in outcome && sameSettings(outcome.settings, latest);
  const community = limitsUnder({ sharing: true, community: true, askTicks: 0, bidTicks: 0 }, market.tomorrow);
  const choose = (choice: Choice) => () => {
    setDraft({ ...draft, choice });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setShown(true);
    if ("settings" in outcome) onSubmit(outcome.settings);
  };

  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      <fieldset className="grid gap-2" disabled={locked}>
        <legend className="mb-2 text-sm font-medium">Choose for tomorrow and after</legend>
        <Option choice="community" chosen={draft.choice} onChoose={choose("community")}>
          Sell at {centsPerKwh(community.askTicks)} or more, buy at up to {centsPerKwh(community.bidTicks)}, network
          charge included. The neighbourhood sets the price; everyone shares in proportion.
        </Option>
        <Option choice="limits" chosen={draft.choice} onChoose={choose("limits")}>
          Name your lowest price for selling and your highest for buying. You never get a worse one, often a better one.
        </Option>
        {draft.choice === "limits" && (
          <div className="grid gap-3 pl-8 sm:grid-cols-2">
            <PriceField
              label="Sell for at least, ct/kWh"
              value={draft.ask}
              error={shown ? errors.ask : undefined}
              onChange={(ask) => {
                setDraft({ ...draft, ask });
              }}
            />
            <PriceField
              label="Buy for at most, ct/kWh"
              value={draft.bid}
              error={shown ? errors.bid : undefined}
              more={
                market.tomorrow.networkChargeTicks === 0
                  ? ""
                  : `, ${centsPerKwh(market.tomorrow.networkChargeTicks)} network charge included`
              }
              onChange={(bid) => {
                setDraft({ ...draft, bid });
              }}
            />
          </div>
        )}
        <Option choice="hand" chosen={draft.choice} onChoose={choose("hand")}>
          Nothing is sold or bought by itself. You list offers and buy under Sell and Buy.
        </Option>
      </fieldset>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-muted">Changes hold from tomorrow, 00:00 UTC.</p>
        <Button type="submit" look="primary" disabled={locked || unchanged}>
          Change from tomorrow
        </Button>
      </div>
    </form>
  );
}

function Option({
  choice,
  chosen,
  onChoose,
  children,
}: {
  choice: Choice;
  chosen: Choice;
  onChoose: () => void;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <div
      className={`grid grid-cols-[auto_1fr] gap-x-3 rounded-[10px] border px-3 py-2.5 ${choice === chosen ? "border-accent bg-accent-soft/60" : "border-line"}`}
    >
      <input
        id={id}
        type="radio"
        name="choice"
        className="mt-0.5 size-5 accent-accent"
        checked={choice === chosen}
        aria-describedby={`${id}-text`}
        onChange={onChoose}
      />
      <label htmlFor={id} className="font-medium">
        {CHOICE_NAMES[choice]}
      </label>
      <p id={`${id}-text`} className="col-start-2 text-sm text-muted">
        {children}
      </p>
    </div>
  );
}

function PriceField({
  label,
  value,
  error,
  more = "",
  onChange,
}: {
  label: string;
  value: string;
  error: string | undefined;
  more?: string;
  onChange: (text: string) => void;
}) {
  const price = parseCents(value);
  return (
    <Field label={label} hint={price.ok ? `= ${eurPerKwh(price.value)}${more}` : "steps of 0.01 ct"} error={error}>
      {(control) => (
        <input
          {...control}
          className="control text-right"
          inputMode="decimal"
          autoComplete="off"
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        />
      )}
    </Field>
  );
}
