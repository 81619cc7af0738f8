import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { FlowProvider, type Proposal, type Renewal, useProposeFlow } from "./flow-context.tsx";
import { TransactionRefusedError } from "./flow.ts";

/** A purchase for so much money; the chain refuses the first, as when somebody was quicker. */
function purchase(eur: string, refuses: boolean, bought: string[], renewal?: () => Promise<Renewal>): Proposal {
  return {
    flow: {
      title: "Buy energy",
      doneMessage: "The energy is yours.",
      steps: [
        {
          group: "purchase",
          title: "Confirm the purchase",
          run: () => {
            if (refuses) return Promise.reject(new TransactionRefusedError("The seller holds less."));
            bought.push(eur);
            return Promise.resolve(undefined);
          },
        },
      ],
    },
    confirm: "Buy",
    summary: <p>{eur}</p>,
    ...(renewal === undefined ? {} : { renew: renewal }),
  };
}

function Screen({ proposal }: { proposal: Proposal }) {
  const propose = useProposeFlow();
  return (
    <button
      onClick={() => {
        propose(proposal);
      }}
    >
      Review
    </button>
  );
}

function review(proposal: Proposal): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <FlowProvider>
        <Screen proposal={proposal} />
      </FlowProvider>
    </QueryClientProvider>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Review" }));
  fireEvent.click(screen.getByRole("button", { name: "Buy" }));
}

const renewed = (proposal: Proposal): Promise<Renewal> =>
  Promise.resolve({ outcome: "changed", proposal, message: "Nothing was paid. Look again." });

afterEach(cleanup);

describe("a change the chain refused", () => {
  it("is shown anew with the reason, and nothing happens until the person agrees to it", async () => {
    const bought: string[] = [];
    review(purchase("0.45 EUR", true, bought, () => renewed(purchase("0.30 EUR", false, bought))));
    expect(await screen.findByText("The seller holds less. Nothing was paid. Look again.")).toBeTruthy();
    expect(screen.getByText("0.30 EUR")).toBeTruthy();
    expect(screen.queryByText("0.45 EUR")).toBeNull();
    expect(bought).toEqual([]);

    fireEvent.click(screen.getByRole("button", { name: "Buy" }));
    expect(await screen.findByText("The energy is yours.")).toBeTruthy();
    expect(bought).toEqual(["0.30 EUR"]);
  });

  it("is over where nothing is left of it", async () => {
    review(purchase("0.45 EUR", true, [], () => Promise.resolve({ outcome: "over", message: "Nothing was paid." })));
    expect(await screen.findByText("That did not work: The seller holds less. Nothing was paid.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /Buy|Try again/ })).toBeNull();
  });

  it("can be tried again where it would be the same, or cannot be planned anew", async () => {
    for (const renew of [
      (): Promise<Renewal> => Promise.resolve({ outcome: "unchanged" }),
      (): Promise<Renewal> => Promise.reject(new Error("the board does not answer")),
    ]) {
      review(purchase("0.45 EUR", true, [], renew));
      expect(await screen.findByText("That did not work: The seller holds less.")).toBeTruthy();
      expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
      cleanup();
    }
  });

  it("never takes the place of what was proposed since", async () => {
    const { promise, resolve } = Promise.withResolvers<Renewal>();
    review(purchase("0.45 EUR", true, [], () => promise));
    await screen.findByText(/Reading what can be done now/);
    fireEvent.click(screen.getByRole("button", { name: "Stop waiting" }));
    fireEvent.click(screen.getByRole("button", { name: "Review", hidden: true }));
    resolve(await renewed(purchase("0.30 EUR", false, [])));
    await promise;
    expect(await screen.findByText("0.45 EUR")).toBeTruthy();
    expect(screen.queryByText("0.30 EUR")).toBeNull();
  });
});
