import { readFile } from "node:fs/promises";

import { expect, type Locator, test } from "@playwright/test";

import { balanceOf, listBehindTheScenes } from "./seller.ts";
import { chooseDemoWallet, goTo, humans, readDeployment, watchComplaints } from "./stack.ts";

/** Days the seller must hold before the story begins: the most patient bots have then bought of the oldest. */
const DAYS_HELD = 4;
/** Bots buy too, and may be quicker so many times. */
const MOST_PLANS = 5;

/**
 * Agrees to a purchase, and again to each plan that takes the place of one another buyer has spoilt.
 *
 * @returns What the last plan said the buyer pays, base units.
 */
async function buyAsShown(dialog: Locator): Promise<bigint> {
  const done = dialog.getByText("The energy is yours");
  const changed = dialog.getByText("look at it again before you agree");
  for (let plans = 0; plans < MOST_PLANS; plans++) {
    const pays = await totalOf(dialog);
    await dialog.getByRole("button", { name: "Buy", exact: true }).click();
    await expect(done.or(changed)).toBeVisible();
    if (await done.isVisible()) return pays;
  }
  throw new Error(`Others were quicker ${MOST_PLANS} times, expected to buy at last.`);
}

/** What the dialog says the buyer pays, "0.45356 EUR", in base units of the currency: a million are one. */
async function totalOf(dialog: Locator): Promise<bigint> {
  const eur = await dialog.locator("dl > div", { hasText: "You pay" }).locator("dd").innerText();
  const [whole = "", fraction = ""] = eur.replace(/\sEUR$/u, "").split(".");
  return BigInt(whole.replaceAll(/\D/gu, "")) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

test("a person lists, buys, uses, and sees it all verified in the ledger", async ({ page, baseURL }) => {
  const deployment = await readDeployment(baseURL);
  const { seller, buyer } = humans(deployment);
  const complaints = watchComplaints(page);

  await page.goto("/overview");
  await expect(page.getByRole("heading", { level: 1, name: deployment.name })).toBeVisible();
  await expect(page.getByText("anyone can read it, for ever").first()).toBeVisible();

  let day = "";
  await test.step("list what the seller's home sent out", async () => {
    await chooseDemoWallet(page, seller.name);
    await goTo(page, "Sell");
    const rows = page.getByRole("region", { name: "Energy you hold" }).getByRole("listitem");
    await expect.poll(() => rows.count(), { timeout: 180_000 }).toBeGreaterThanOrEqual(DAYS_HELD);
    const row = rows.last();
    day = await row.getByRole("heading").innerText();
    await row.getByRole("button", { name: "Offer" }).click();
    await row.getByLabel("Price, ct per kWh").fill("5,555");
    await row.getByRole("button", { name: "Offer this energy" }).click();
    await expect(row.getByText("with at most two decimals")).toBeVisible();
    await row.getByLabel("Price, ct per kWh").fill("5.55");
    await row.getByRole("button", { name: "Offer this energy" }).click();

    const dialog = page.getByRole("dialog", { name: "Offer energy" });
    await expect(dialog.getByText("5.55")).toBeVisible();
    await dialog.getByRole("button", { name: "Offer it" }).click();
    await expect(dialog.getByText("Your offer is on the board")).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(page.getByRole("table", { name: "Your offers" }).getByRole("row", { name: /5\.55/ })).toBeVisible();
  });

  await test.step("buy what fits the buyer's imports of that day", async () => {
    await chooseDemoWallet(page, buyer.name);
    await goTo(page, "Buy");
    await page.getByRole("combobox", { name: "Day to cover" }).selectOption({ label: day });
    await page.getByRole("button", { name: /^Review purchase of (?!0\.000)/ }).click();
    const dialog = page.getByRole("dialog", { name: "Buy energy" });
    await expect(dialog.getByRole("row", { name: new RegExp(`^${seller.name}.*5\\.55`, "u") })).toBeVisible();
    await expect(dialog.getByText("You pay")).toBeVisible();
    await buyAsShown(dialog);
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  await test.step("use it", async () => {
    const use = page.getByRole("region", { name: "Use what you hold" }).getByRole("listitem").filter({ hasText: day });
    await use.getByRole("button", { name: /^Use / }).click();
    const dialog = page.getByRole("dialog", { name: "Use energy" });
    await dialog.getByRole("button", { name: /^Use / }).click();
    await expect(dialog.getByText("Your import is covered")).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(use).toHaveCount(0);
  });

  await test.step("see it in the ledger, with every signature verified here", async () => {
    await goTo(page, "Ledger");
    await page.getByRole("combobox", { name: "Day of the ledger" }).selectOption({ label: day });
    const meters = deployment.demo?.accounts.filter(({ meter }) => meter !== undefined).length ?? 0;
    await expect(
      page.getByText(`all ${meters} signatures verified in this browser`.replace(" sig", "\u00a0sig")),
    ).toBeVisible();
    await expect(page.getByRole("table", { name: /Day profiles/ }).getByText("verified", { exact: true })).toHaveCount(
      2 * meters,
    );
    await expect(
      page
        .getByRole("table", { name: /Sales/ })
        .getByRole("row", { name: new RegExp(`^${seller.name} ${buyer.name} .* 5\\.55`, "u") }),
    ).toBeVisible();
    await expect(
      page.getByRole("table", { name: /used against/ }).getByRole("row", { name: new RegExp(`^${buyer.name} `, "u") }),
    ).toBeVisible();
    await expect(page.getByText("the books balance")).toBeVisible();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as CSV" }).click();
    const csv = await readFile(await (await saving).path(), "utf8");
    expect(csv.split("\n")).toHaveLength(1 + 96 * meters + 1);
  });

  await test.step("the seller sees what the offer sold, and cancels it", async () => {
    await chooseDemoWallet(page, seller.name);
    await goTo(page, "Sell");
    const offer = page.getByRole("table", { name: "Your offers" }).getByRole("row", { name: /5\.55/ });
    await expect(offer).not.toContainText("0.000\u00a0kWh");
    await offer.getByRole("button", { name: /^Cancel/ }).click();
    const dialog = page.getByRole("dialog", { name: "Cancel this offer" });
    await dialog.getByRole("button", { name: "Cancel the offer" }).click();
    await expect(dialog.getByText("The offer is cancelled")).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(offer).toHaveCount(0);
  });

  expect(complaints).toEqual([]);
});

test("a purchase that became impossible says why, and moves no money", async ({ page, baseURL }) => {
  const deployment = await readDeployment(baseURL);
  const { seller, buyer } = humans(deployment);
  await page.goto("/buy");
  await chooseDemoWallet(page, buyer.name);
  await expect(page.getByRole("combobox", { name: "Day to cover" })).toBeVisible({ timeout: 180_000 });
  const offer = await listBehindTheScenes(deployment, seller, baseURL ?? "", 123);

  const row = page.getByRole("table", { name: /Open offers/ }).getByRole("row", { name: /1\.23/ });
  await row.getByRole("button", { name: /^Buy from/ }).click();
  await page.getByRole("button", { name: "Review purchase", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Buy energy" });
  await expect(dialog.getByRole("row", { name: /1\.23/ }).first()).toBeVisible();
  const balance = page.locator("dl", { hasText: "Your balance" }).locator("dd");
  const before = await balance.innerText();

  await offer.cancel();
  await dialog.getByRole("button", { name: "Buy", exact: true }).click();
  await expect(dialog.getByText(/That did not work: .*cancelled/u)).toBeVisible();
  await expect(dialog.getByText("Nothing was paid, and none of it can be bought any more.")).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(row).toHaveCount(0);
  await expect(balance).toHaveText(before);
});

test("a purchase another was quicker with is shown anew, and costs what was agreed to last", async ({
  page,
  baseURL,
}) => {
  const url = baseURL ?? "";
  const deployment = await readDeployment(url);
  const { seller, buyer } = humans(deployment);
  await page.goto("/buy");
  await chooseDemoWallet(page, buyer.name);
  const offer = await listBehindTheScenes(deployment, seller, url, 124);
  const row = page.getByRole("table", { name: /Open offers/ }).getByRole("row", { name: /1\.24/ });
  await row.getByRole("button", { name: /^Buy from/ }).click();
  await page.getByRole("button", { name: "Review purchase", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Buy energy" });
  const fills = dialog.getByRole("row", { name: /1\.24/ });
  await expect(fills.first()).toBeVisible();
  const days = await fills.count();
  expect(days, "days the plan buys of").toBeGreaterThan(1);
  const lost = (await fills.first().getByRole("rowheader").innerText()).replace(/^.*\n/u, "");
  const shown = await totalOf(dialog);
  const before = await balanceOf(deployment, buyer, url);

  await offer.giveAway(Date.parse(`${lost} UTC`) / 86_400_000);
  await dialog.getByRole("button", { name: "Buy", exact: true }).click();
  await expect(dialog.getByText("Nothing was paid. Above is what can be bought now")).toBeVisible();
  await expect(fills.filter({ hasText: lost })).toHaveCount(0);
  await expect(fills.first()).toBeVisible();
  expect(await balanceOf(deployment, buyer, url)).toBe(before);

  const paid = await buyAsShown(dialog);
  expect(paid).toBeLessThan(shown);
  expect(before - (await balanceOf(deployment, buyer, url))).toBe(paid);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await offer.cancel();
});
