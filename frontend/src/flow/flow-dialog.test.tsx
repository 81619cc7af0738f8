import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { FlowDialog } from "./flow-dialog.tsx";
import { type Flow, type FlowState, readyState } from "./flow.ts";

const flow: Flow = {
  title: "Offer energy",
  doneMessage: "Your offer is on the board.",
  steps: [
    { group: "a", title: "Sign the offer", run: () => Promise.resolve(undefined) },
    { group: "b", title: "Put it on the board", run: () => Promise.resolve(undefined) },
  ],
};

function show(state: Partial<FlowState>): void {
  render(
    <FlowDialog
      open
      proposal={{ flow, confirm: "Offer it", summary: <p>15.00 ct</p> }}
      state={{ ...readyState(flow), ...state }}
      onRun={() => undefined}
      onClose={() => undefined}
    />,
  );
}

afterEach(cleanup);

describe("the dialog of a change", () => {
  it("shows what will happen and every step before anything begins", () => {
    show({});
    expect(screen.getByRole("dialog", { name: "Offer energy" })).toBeTruthy();
    expect(screen.getByText("15.00 ct")).toBeTruthy();
    expect(screen.getAllByRole("listitem")).toHaveLength(2);
    expect(screen.getByRole("button", { name: "Offer it" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Not now" })).toBeTruthy();
  });

  it("says which step runs, for eyes and ears, and cannot be started twice", () => {
    show({ status: "running", steps: [{ status: "done" }, { status: "active" }] });
    expect(screen.getByText("Step 2 of 2 is running.")).toBeTruthy();
    expect(screen.getByText(", running")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: /Working/ }).disabled).toBe(true);
  });

  it("takes a refusal calmly: no alert, nothing red, a way to try again", () => {
    show({ status: "declined" });
    const note = screen.getByText(/You declined in your wallet/);
    expect(note.className).not.toContain("danger");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("says why it failed, in words", () => {
    show({ status: "failed", message: "The offer expired at 10:00." });
    expect(screen.getByText(/That did not work: The offer expired at 10:00\./)).toBeTruthy();
  });

  it("says why what is proposed now is not what was agreed to, and takes a new yes", () => {
    show({ status: "ready", message: "The seller holds less. Nothing was paid." });
    const note = screen.getByText("The seller holds less. Nothing was paid.");
    expect(note.className).not.toContain("danger");
    expect(screen.getByRole("button", { name: "Offer it" })).toBeTruthy();
  });

  it("lets nobody agree while it is read what can be done now", () => {
    show({ status: "renewing" });
    expect(screen.getByRole<HTMLButtonElement>("button", { name: /Working/ }).disabled).toBe(true);
  });

  it("offers no other try where nothing is left to do", () => {
    show({ status: "over", message: "The offer was cancelled. Nothing was paid." });
    expect(screen.getByText(/That did not work: The offer was cancelled\./)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    expect(screen.getAllByRole("button", { name: "Close" })).not.toHaveLength(0);
  });

  it("ends with what was reached and one way out", () => {
    show({ status: "done", steps: [{ status: "done" }, { status: "done" }] });
    expect(screen.getByText("Your offer is on the board.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });
});
