import { expect, type Locator, test } from "@playwright/test";

import { chooseDemoWallet, goTo, humans, readDeployment, watchComplaints } from "./stack.ts";

/** Days pass quickly here, so a window may open between two steps: then the flow is tried again, as a person would. */
async function finish(dialog: Locator, message: string): Promise<void> {
  const again = dialog.getByRole("button", { name: "Try again" });
  await expect(async () => {
    if (await again.isVisible()) await again.click();
    await expect(dialog.getByText(message)).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 120_000 });
  await dialog.getByRole("button", { name: "Close" }).last().click();
}

test("a visitor sees how the neighbourhood shared its last day, without a wallet", async ({ page }) => {
  const complaints = watchComplaints(page);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Take part" })).toBeVisible();
  const card = page.getByRole("region", { name: /^The neighbourhood on/ });
  await expect(card.getByTestId("price-figures")).toContainText("kWh", { timeout: 180_000 });
  await expect(card.locator("canvas")).toHaveCount(2);

  await test.step("looks into a quarter-hour with the keyboard", async () => {
    const slider = card.getByRole("slider", { name: "Quarter-hour to look into" });
    await slider.fill("48");
    await slider.press("ArrowRight");
    await expect(card.getByRole("heading", { name: "Supply and demand, 12:15–12:30" })).toBeVisible();
    await expect(slider).toHaveAttribute("aria-valuetext", /^12:15–12:30: /u);
  });

  await test.step("reads the same day as a table", async () => {
    await card.getByText("Show as a table", { exact: true }).click();
    await expect(card.getByRole("table", { name: /for each quarter-hour/ }).getByRole("row")).toHaveCount(97);
    await expect(card.getByRole("table", { name: /for each quarter-hour/ })).toContainText("15.00");
  });
  expect(complaints).toEqual([]);
});

test("a member sees yesterday, pays in, takes out, sets two limits, and has the day verified", async ({
  page,
  baseURL,
}) => {
  const { buyer } = humans(await readDeployment(baseURL));
  const complaints = watchComplaints(page);
  await page.goto("/");
  await chooseDemoWallet(page, buyer.name);

  await test.step("see what was bought, and how long the balance lasts", async () => {
    const statement = page.getByTestId("statement");
    await expect(statement).toBeVisible({ timeout: 180_000 });
    await expect(statement).toContainText("Bought from neighbours");
    await expect(statement).toContainText("You paid");
    await expect(page.getByTestId("money")).toContainText(/Lasts\s*(over )?\d+\sdays?/u);
  });

  const dialog = page.getByRole("dialog");
  await test.step("pay in", async () => {
    await page.getByRole("button", { name: "Pay in" }).click();
    await dialog.getByLabel("Amount, EUR").fill("99999999");
    await dialog.getByRole("button", { name: "Review" }).click();
    await expect(dialog.getByText(/more than the .* in your wallet/u)).toBeVisible();
    await dialog.getByLabel("Amount, EUR").fill("12,50");
    await dialog.getByRole("button", { name: "Review" }).click();
    await expect(dialog.getByText("12.50")).toBeVisible();
    await dialog.getByRole("button", { name: "Pay in" }).click();
    await finish(dialog, "The money is");
  });

  await test.step("take out", async () => {
    await page.getByRole("button", { name: "Take out" }).click();
    await dialog.getByLabel("Amount, EUR").fill("7.77");
    await dialog.getByRole("button", { name: "Review" }).click();
    await dialog.getByRole("button", { name: "Take out" }).click();
    await finish(dialog, "The money is in your wallet");
  });

  await test.step("plan two limits for tomorrow, then see them in force", async () => {
    const settings = page.getByRole("region", { name: "How this meter trades" });
    await settings.getByRole("radio", { name: "My two limits" }).check();
    await settings.getByLabel("Sell for at least, ct/kWh").fill("cheap");
    await settings.getByLabel("Buy for at most, ct/kWh").fill("23.45");
    await settings.getByRole("button", { name: "Change from tomorrow" }).click();
    await expect(settings.getByText("Write a price in cents")).toBeVisible();
    await settings.getByLabel("Sell for at least, ct/kWh").fill("12.34");
    await settings.getByRole("button", { name: "Change from tomorrow" }).click();
    await dialog.getByRole("button", { name: "Change from tomorrow" }).click();
    await finish(dialog, "The change is planned");
    const now = page.getByTestId("settings-now");
    const limits = /Two limits: sells from 12\.34\sct\/kWh upwards, buys up to 23\.45\sct\/kWh/u;
    await expect(page.getByTestId("settings-queued").or(now).filter({ hasText: limits })).toBeVisible();
    await expect(now).toContainText(limits, { timeout: 120_000 });
  });

  await test.step("find the payments in the ledger, and clear the day anew", async () => {
    await goTo(page, "Ledger");
    const moves = page.getByRole("table", { name: /paid into and taken out/ });
    await expect(moves.getByRole("row", { name: new RegExp(`^${buyer.name} Paid in 12\\.50`, "u") })).toBeVisible();
    await expect(moves.getByRole("row", { name: new RegExp(`^${buyer.name} Taken out 7\\.77`, "u") })).toBeVisible();
    await page
      .getByRole("button", { name: /^Show / })
      .last()
      .click();
    const settled = page.getByRole("region", { name: /^Settled: / });
    await settled.getByRole("button", { name: "Verify this day" }).click();
    await expect(settled.getByText("verified in this browser: every signature, price and payment")).toBeVisible();
    const saving = page.waitForEvent("download");
    await settled.getByRole("button", { name: "Save allocation as CSV" }).click();
    expect((await saving).suggestedFilename()).toMatch(/^commonwatt-allocation-\d{4}-\d\d-\d\d\.csv$/u);
  });
  expect(complaints).toEqual([]);
});
