import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Settings } from "@commonwatt/sdk/settlement/types";

import { marketView } from "../../testing/market-view.ts";
import { SettingsForm } from "./settings-form.tsx";

const COMMUNITY: Settings = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
const ASK = "Sell for at least, ct/kWh";
const BID = "Buy for at most, ct/kWh";

function show(locked = false) {
  const onSubmit = vi.fn<(settings: Settings) => void>();
  render(<SettingsForm latest={COMMUNITY} market={marketView()} locked={locked} onSubmit={onSubmit} />);
  return onSubmit;
}

const send = (): HTMLButtonElement => screen.getByRole("button", { name: "Change from tomorrow" });
const choose = (name: string): void => {
  fireEvent.click(screen.getByRole("radio", { name }));
};
const type = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
};

afterEach(cleanup);

describe("the settings of a meter", () => {
  it("cannot be sent as they are already, nor while a change that has begun waits", () => {
    show();
    expect(send().disabled).toBe(true);
    choose("By hand");
    expect(send().disabled).toBe(false);
    cleanup();
    show(true);
    expect(screen.getByRole<HTMLFieldSetElement>("group").disabled).toBe(true);
    expect(send().disabled).toBe(true);
  });

  it("say at the field which limit is wrong, and send nothing", () => {
    const onSubmit = show();
    choose("My two limits");
    type(ASK, "cheap");
    type(BID, "700");
    expect(screen.queryByText(/Write a price in cents/u)).toBeNull();
    fireEvent.click(send());
    expect(screen.getByText(/Write a price in cents/u)).toBeTruthy();
    expect(screen.getByText(/highest possible price is 655\.35/u)).toBeTruthy();
    expect(screen.getByLabelText(ASK).getAttribute("aria-invalid")).toBe("true");
    expect(onSubmit).not.toHaveBeenCalled();
  });

  it("go out in ticks once both limits can be read", () => {
    const onSubmit = show();
    choose("My two limits");
    type(ASK, "12,34");
    type(BID, "23.45");
    fireEvent.click(send());
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith({
      sharing: true,
      community: false,
      askTicks: 1_234,
      bidTicks: 2_345,
    });
  });
});
