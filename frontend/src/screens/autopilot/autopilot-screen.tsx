import { type ReactNode, useState } from "react";

import type { MeterEntry } from "@commonwatt/sdk/ledger/types";
import { explainError } from "@commonwatt/sdk/errors";
import type { Day } from "@commonwatt/sdk/time";

import { type Me, useAccountState, useMe } from "../../chain/data.tsx";
import { useDeployment } from "../../chain/deployment.ts";
import { useHead } from "../../chain/head.tsx";
import { type MarketView, useMarket, useOwnerAccount, useStanding } from "../../chain/market-data.ts";
import { useSettlement } from "../../chain/settlement-input.ts";
import type { Books } from "../../model/books.ts";
import { meterName } from "../../model/names.ts";
import type { SettledDay } from "../../model/settled-day.ts";
import { sharedDays } from "../../model/settlement-books.ts";
import { dayLabel } from "../../lib/format.ts";
import { DayPicker } from "../../ui/day-picker.tsx";
import { WithBooks } from "../../ui/loading.tsx";
import { Empty, Note, PageHeading, SkeletonRows } from "../../ui/surfaces.tsx";
import { DayStatus } from "./day-status.tsx";
import { Invitation } from "./invitation.tsx";
import { MoneyCard } from "./money-card.tsx";
import { MyDayCard, type Problem } from "./my-day-card.tsx";
import { PriceCard } from "./price-card.tsx";
import { SettingsCard } from "./settings-card.tsx";

/** The first screen: my meter trades by itself; what it did yesterday, its money, and what it may do tomorrow. */
export function AutopilotScreen(): ReactNode {
  const { name } = useDeployment();
  const me = useMe();
  const { market, error } = useMarket();
  return (
    <>
      <title>{`Autopilot - ${name}`}</title>
      <PageHeading title="Autopilot">
        {name} shares its electricity by itself: when a day is over, every quarter-hour is sold and bought at one fair
        price within everybody’s limits, and the chain checks that there is no better outcome.
      </PageHeading>
      {error !== undefined && market === undefined && (
        <Note tone="bad">The settlements cannot be read: {explainError(error)}</Note>
      )}
      <WithBooks>
        {(books) =>
          market === undefined ? (
            <SkeletonRows rows={6} what="the neighbourhood’s settlements" />
          ) : (
            <Autopilot key={me?.address} me={me} books={books} market={market} />
          )
        }
      </WithBooks>
    </>
  );
}

function Autopilot({ me, books, market }: { me: Me | undefined; books: Books; market: MarketView }) {
  const deployment = useDeployment();
  const { head } = useHead();
  const now = head?.timestamp ?? 0;
  const [chosenMeter, setChosenMeter] = useState<number>();
  const [chosenDay, setChosenDay] = useState<Day>();
  const meter = me?.meters.find((entry) => entry.meter === chosenMeter) ?? me?.meters[0];
  const standing = useStanding(meter?.meter);
  const days = sharedDays(books.settlement);
  const wanted = days.find(({ day }) => day === chosenDay) ?? days[0];
  const { detail, error } = useSettlement(books, wanted);
  // While a new day is read the old one stays: nothing jumps.
  const settled = error === undefined ? (detail?.market.settled ?? wanted) : wanted;
  const shown = detail?.market.settled.day === settled?.day ? detail : undefined;
  const unread =
    error === undefined
      ? undefined
      : { title: "The meters’ data of this day cannot be read.", why: explainError(error) };

  const picker = settled !== undefined && (
    <DayPicker
      label="Settled day"
      days={days.map(({ day }) => day)}
      value={settled.day}
      onChange={(day) => {
        setChosenDay(day === days[0]?.day ? undefined : day);
      }}
    />
  );

  return (
    <div className="grid gap-6">
      <DayStatus market={market} standing={standing} now={now} />
      {me !== undefined && meter !== undefined && (
        <>
          {me.meters.length > 1 && <MeterChoice meters={me.meters} value={meter.meter} onChange={setChosenMeter} />}
          <div className="grid items-start gap-6 lg:grid-cols-[1.35fr_1fr]">
            <div className="grid gap-6">
              <MyDayCard
                name={meterName(deployment, meter, meter.meter)}
                settled={settled}
                statement={shown?.statements.get(meter.meter)}
                problem={unread ?? nothingOf(settled, meter.meter, standing?.settings.sharing)}
              />
            </div>
            {standing === undefined ? (
              <SkeletonRows rows={6} what="the meter’s money" />
            ) : (
              <Money me={me} meter={meter} standing={standing} market={market} books={books} now={now} />
            )}
          </div>
        </>
      )}
      {(me === undefined || meter === undefined) && <Invitation known={me !== undefined} />}
      {/* The settings come first, so that on a small screen they stay where they are when the first day is settled. */}
      <div className={meter === undefined ? "" : "grid items-start gap-6 lg:grid-cols-[1.35fr_1fr]"}>
        {meter !== undefined && standing !== undefined && (
          <div className="min-w-0 lg:col-start-2">
            <SettingsCard
              key={meter.meter}
              meter={meter.meter}
              name={meterName(deployment, meter, meter.meter)}
              standing={standing}
              market={market}
              now={now}
            />
          </div>
        )}
        <div className="min-w-0 lg:col-start-1 lg:row-start-1">
          {settled !== undefined ? (
            <PriceCard
              title={`The neighbourhood on ${dayLabel(settled.day)}`}
              settled={settled}
              market={shown?.market}
              error={unread === undefined ? undefined : `${unread.title} ${unread.why}`}
              aside={picker}
            />
          ) : (
            <NoPrices visitor={meter === undefined} />
          )}
        </div>
      </div>
    </div>
  );
}

function Money({
  me,
  meter,
  ...rest
}: {
  me: Me;
  meter: MeterEntry;
  standing: NonNullable<ReturnType<typeof useStanding>>;
  market: MarketView;
  books: Books;
  now: number;
}) {
  const wallet = useAccountState(me.address)?.balance;
  const account = useOwnerAccount(me.address);
  return (
    <MoneyCard
      {...rest}
      key={meter.meter}
      meter={meter.meter}
      books={rest.books.settlement}
      account={account}
      wallet={wallet}
    />
  );
}

function MeterChoice({
  meters,
  value,
  onChange,
}: {
  meters: readonly MeterEntry[];
  value: number;
  onChange: (meter: number) => void;
}) {
  const deployment = useDeployment();
  return (
    <label className="grid gap-1 text-sm sm:max-w-80">
      <span className="font-medium">Meter</span>
      <select
        className="control"
        value={value}
        onChange={(event) => {
          onChange(Number(event.target.value));
        }}
      >
        {meters.map((meter) => (
          <option key={meter.meter} value={meter.meter}>
            {meterName(deployment, meter, meter.meter)}
          </option>
        ))}
      </select>
    </label>
  );
}

const NOTHING_SETTLED = {
  title: "No day has been settled yet.",
  why: "When the first day is over and settled, its price and what everybody sold and bought show here.",
};

/** Keeps the place of the prices until there are any. A member reads in the card above that no day has been settled. */
function NoPrices({ visitor }: { visitor: boolean }) {
  if (visitor) return <Empty title={NOTHING_SETTLED.title}>{NOTHING_SETTLED.why}</Empty>;
  return <Empty title="No prices yet.">The price of each quarter-hour of the last settled day shows here.</Empty>;
}

/** Why there is nothing of a meter to show, as far as the present tells; undefined if it was in the settled day. */
function nothingOf(settled: SettledDay | undefined, meter: number, sharing: boolean | undefined): Problem | undefined {
  if (settled === undefined) return NOTHING_SETTLED;
  if (settled.paid.has(meter)) return undefined;
  return {
    title: `${dayLabel(settled.day)} was settled without this meter.`,
    why:
      sharing === false
        ? "It trades by hand: see Sell and Buy."
        : "The meter’s data did not arrive in time, or it did not share yet. That day’s energy stayed with your supplier.",
  };
}
