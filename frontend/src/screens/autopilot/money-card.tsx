import { type ReactNode, useId, useState } from "react";

import type { MarketView, MeterStanding } from "../../chain/market-data.ts";
import { clockLabel, count, dayLabel, eur, eurExact } from "../../lib/format.ts";
import { type Cover, coverOf } from "../../model/cover.ts";
import { standsStillUntil } from "../../model/day-phase.ts";
import { paymentsOf, type SettlementBooks, sharedDays } from "../../model/settlement-books.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Figure, Note } from "../../ui/surfaces.tsx";
import { MoveDialog } from "./move-dialog.tsx";

/** The verbs of money. */
export type Verb = "pay in" | "take out" | "move";

/** What lies where, how long it lasts, and moving it. */
export function MoneyCard({
  meter,
  standing,
  market,
  books,
  account,
  wallet,
  now,
}: {
  meter: number;
  standing: MeterStanding;
  market: MarketView;
  books: SettlementBooks;
  /** Base units; undefined while read. */
  account: bigint | undefined;
  wallet: bigint | undefined;
  now: number;
}) {
  const [verb, setVerb] = useState<Verb>();
  const until = standing.settings.sharing ? standsStillUntil(market, now) : undefined;
  const cover = coverOf(standing.balanceBaseUnits, paymentsOf(books, meter));
  const ready = account !== undefined && wallet !== undefined;
  const explanation = useId();
  /** What the contract would refuse now; the sentences below the buttons say why. */
  const refused: Record<Verb, boolean> = {
    "pay in": market.paused,
    "take out": false,
    move: market.paused || until !== undefined,
  };
  const verbs: [Verb, string][] = [
    ["pay in", "Pay in"],
    ["take out", "Take out"],
    ...(account !== undefined && account > 0n ? [["move", "Move to the meter"] satisfies [Verb, string]] : []),
  ];
  return (
    <Card id="money" title="Money">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4" data-testid="money">
        <Figure label="On this meter" value={eur(standing.balanceBaseUnits)} hint="pays for what it buys" />
        <Figure label="Lasts" value={coverValue(cover)} hint={coverHint(cover)} />
        <Figure
          label="In your account here"
          value={account === undefined ? "\u2026" : eur(account)}
          hint="free at any time"
        />
        <Figure label="In your wallet" value={wallet === undefined ? "\u2026" : eur(wallet)} />
      </dl>
      <Warnings meter={meter} standing={standing} books={books} cover={cover} />
      <div className="mt-5 flex flex-wrap gap-2">
        {verbs.map(([which, name]) => (
          <Button
            key={which}
            look={which === "pay in" ? "primary" : "quiet"}
            disabled={!ready || refused[which]}
            aria-describedby={refused[which] ? explanation : undefined}
            onClick={() => {
              setVerb(which);
            }}
          >
            {name}
          </Button>
        ))}
      </div>
      <p id={explanation} className="mt-3 min-h-24 text-sm text-muted sm:min-h-15">
        {howMoneyMoves(market.paused, until)}
      </p>
      {verb !== undefined && ready && (
        <MoveDialog
          verb={verb}
          meter={meter}
          onMeter={standing.balanceBaseUnits}
          account={account}
          wallet={wallet}
          until={until}
          sharing={standing.settings.sharing}
          onClose={() => {
            setVerb(undefined);
          }}
        />
      )}
    </Card>
  );
}

/** @param until - Until when money of the meter stands still. */
function howMoneyMoves(paused: boolean, until: number | undefined): string {
  if (paused) {
    const out =
      until === undefined
        ? "What is on the meter and in your account can be taken out to your wallet."
        : `What is in your account can be taken out at any time, what is on the meter after ${clockLabel(until)} UTC.`;
    return `The neighbourhood\u2019s guardian has paused it: until that ends, nothing can be paid in or moved to the meter. ${out}`;
  }
  return until === undefined
    ? "Earnings arrive on the meter when a day is settled. Everything can be taken out to your wallet."
    : `Your street\u2019s day is being settled until ${clockLabel(until)} UTC at the latest; money of this meter moves after that. Your account and your wallet stay free.`;
}

function coverValue(cover: Cover): string {
  if (cover.kind === "unknown") return "not known yet";
  if (cover.kind === "earning") return "grows";
  return cover.days > 999 ? "over 999 days" : count(cover.days, "day");
}

function coverHint(cover: Cover): ReactNode {
  if (cover.kind === "unknown") return "after its first settled day";
  const days = count(cover.ofDays, "settled day");
  if (cover.kind === "earning") return `earns ${eur(cover.perDayBaseUnits)} a day, over ${days}`;
  return `at ${eur(cover.perDayBaseUnits)} a day, over ${days}`;
}

/** Days left below which a person should be told. */
const FEW_DAYS = 3;

function Warnings({
  meter,
  standing,
  books,
  cover,
}: {
  meter: number;
  standing: MeterStanding;
  books: SettlementBooks;
  cover: Cover;
}) {
  if (!standing.settings.sharing) return null;
  const newest = sharedDays(books)[0];
  const lack = newest === undefined ? undefined : newest.unfunded.find((entry) => entry.meter === meter);
  if (newest !== undefined && lack !== undefined) {
    const now = standing.balanceBaseUnits;
    return (
      <div className="mt-4">
        <Note tone={now < lack.neededBaseUnits ? "bad" : "notice"}>
          <strong className="font-semibold">Not enough money on {dayLabel(newest.day)}:</strong> the meter bought
          nothing, because {eurExact(lack.balanceBaseUnits)} did not cover its whole import at your highest price,{" "}
          {eurExact(lack.neededBaseUnits)}.
          {now < lack.neededBaseUnits
            ? ` Pay in at least ${eurExact(lack.neededBaseUnits - now)} for a day like that.`
            : " There is enough on the meter now."}
        </Note>
      </div>
    );
  }
  if (standing.balanceBaseUnits === 0n && cover.kind !== "earning") {
    return (
      <div className="mt-4">
        <Note tone="notice">There is no money on this meter: it sells, but it cannot buy. Pay some in.</Note>
      </div>
    );
  }
  if (cover.kind === "days" && cover.days < FEW_DAYS) {
    return (
      <div className="mt-4">
        <Note tone="notice">This lasts less than {FEW_DAYS} days. Without cover the meter buys nothing.</Note>
      </div>
    );
  }
  return null;
}
