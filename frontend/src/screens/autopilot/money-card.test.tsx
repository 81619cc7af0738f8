import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import type { MarketView } from "../../chain/market-data.ts";
import { emptySettlementBooks } from "../../model/settlement-books.ts";
import { marketView, OPENED_AT } from "../../testing/market-view.ts";
import { MoneyCard } from "./money-card.tsx";

const OPEN = { settledAt: 0 };

function show(change: Partial<MarketView>, sharing = true): void {
  render(
    <MoneyCard
      meter={7}
      standing={{
        settings: { sharing, community: sharing, askTicks: 0, bidTicks: 0 },
        queued: undefined,
        seat: 0,
        active: true,
        balanceBaseUnits: 5_000_000n,
      }}
      market={marketView(change)}
      books={emptySettlementBooks()}
      account={2_000_000n}
      wallet={30_000_000n}
      now={OPENED_AT + 6_000}
    />,
  );
}

const button = (name: string): HTMLButtonElement => screen.getByRole("button", { name });
const usable = (): Record<string, boolean> =>
  Object.fromEntries(["Pay in", "Take out", "Move to the meter"].map((name) => [name, !button(name).disabled]));

/** What a screen reader says of a button after its name. */
function describedBy(name: string): string {
  const id = button(name).getAttribute("aria-describedby");
  return id === null ? "" : (document.getElementById(id)?.textContent ?? "");
}

afterEach(cleanup);

describe("the verbs of money", () => {
  it("are all there while nothing stands still", () => {
    show({});
    expect(usable()).toEqual({ "Pay in": true, "Take out": true, "Move to the meter": true });
    expect(describedBy("Pay in")).toBe("");
  });

  it("leave only taking out while the neighbourhood is paused, and say why", () => {
    show({ paused: true });
    expect(usable()).toEqual({ "Pay in": false, "Take out": true, "Move to the meter": false });
    expect(describedBy("Pay in")).toMatch(/paused it: until that ends, nothing can be paid in or moved to the meter/u);
    expect(describedBy("Pay in")).toMatch(/on the meter and in your account can be taken out/u);
  });

  it("take out of the account, not of the meter, while it is paused within a window", () => {
    show({ paused: true, ...OPEN });
    expect(usable()).toEqual({ "Pay in": false, "Take out": true, "Move to the meter": false });
    expect(describedBy("Pay in")).toMatch(/in your account .* at any time, what is on the meter after 06:00 UTC/u);
  });

  it("move nothing to a sharing meter within a window, but do to one that trades by hand", () => {
    show(OPEN);
    expect(usable()).toEqual({ "Pay in": true, "Take out": true, "Move to the meter": false });
    expect(describedBy("Move to the meter")).toMatch(/being settled until 06:00 UTC/u);
    cleanup();
    show(OPEN, false);
    expect(usable()).toEqual({ "Pay in": true, "Take out": true, "Move to the meter": true });
  });
});
