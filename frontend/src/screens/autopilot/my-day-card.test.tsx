import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { dayMarket, settlementMeter } from "../../testing/market.ts";
import { MyDayCard } from "./my-day-card.tsx";

const { settled } = dayMarket([settlementMeter(1, { exports: { 40: 500 } })]);

afterEach(cleanup);

describe("the day of a meter", () => {
  it("names the reason it was given, not another", () => {
    const problem = { title: "The meters’ data of this day cannot be read.", why: "The node is away." };
    render(<MyDayCard name="Elm 3" settled={settled} statement={undefined} problem={problem} />);
    expect(screen.getByText(problem.title)).toBeTruthy();
    expect(screen.getByText(problem.why)).toBeTruthy();
    expect(screen.queryByText(/settled without/u)).toBeNull();
  });

  it("is read as long as there is neither a statement nor a reason", () => {
    render(<MyDayCard name="Elm 3" settled={settled} statement={undefined} problem={undefined} />);
    expect(screen.getByRole("status", { name: "Reading the day of this meter" })).toBeTruthy();
  });

  it("bears no date before the first day is settled", () => {
    const problem = { title: "No day has been settled yet.", why: "It shows here." };
    render(<MyDayCard name="Elm 3" settled={undefined} statement={undefined} problem={problem} />);
    expect(screen.getByRole("heading", { name: "Elm 3" })).toBeTruthy();
  });
});
