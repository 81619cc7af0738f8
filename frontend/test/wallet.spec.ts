import { expect, test } from "@playwright/test";

import { injectWallet } from "./injected-wallet.ts";
import { humans, readDeployment } from "./stack.ts";

test("a wallet of the browser connects, and its refusals are taken calmly", async ({ page, baseURL }) => {
  const deployment = await readDeployment(baseURL);
  const { seller } = humans(deployment);
  const wallet = await injectWallet(page, {
    privateKey: seller.privateKey,
    rpcUrl: `${baseURL ?? ""}/rpc`,
    chainId: deployment.chainId,
  });
  await page.goto("/sell");

  await test.step("refuse to connect, then connect", async () => {
    wallet.refuseNext();
    await page.getByRole("button", { name: "Choose a wallet" }).click();
    await page.getByRole("menuitem", { name: wallet.name }).click();
    await expect(page.getByText(`You declined in ${wallet.name}. Nothing was changed.`)).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByRole("button", { name: "Choose a wallet" }).click();
    await page.getByRole("menuitem", { name: wallet.name }).click();
    await expect(page.getByRole("button", { name: `You are ${seller.name}` })).toBeVisible();
  });

  const dialog = page.getByRole("dialog");
  await test.step("refuse to sign an offer, then sign it", async () => {
    const rows = page.getByRole("region", { name: "Energy you hold" }).getByRole("listitem");
    await expect(rows.first()).toBeVisible({ timeout: 180_000 });
    // By its day: the next one comes to stand above it.
    const day = await rows.first().getByRole("heading").innerText();
    const row = rows.filter({ hasText: day });
    await row.getByRole("button", { name: "Offer" }).click();
    await row.getByLabel("Price, ct per kWh").fill("66.66");
    await row.getByRole("button", { name: "Offer this energy" }).click();
    wallet.refuseNext();
    await dialog.getByRole("button", { name: "Offer it" }).click();
    await expect(dialog.getByText("You declined in your wallet. Nothing was changed")).toBeVisible();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await expect(dialog.getByText("Your offer is on the board")).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  await test.step("refuse to send a cancellation, then send it", async () => {
    const offer = page.getByRole("table", { name: "Your offers" }).getByRole("row", { name: /66\.66/ });
    await offer.getByRole("button", { name: /^Cancel/ }).click();
    wallet.refuseNext();
    await dialog.getByRole("button", { name: "Cancel the offer" }).click();
    await expect(dialog.getByText("You declined in your wallet. Nothing was changed")).toBeVisible();
    await dialog.getByRole("button", { name: "Not now" }).click();
    await offer.getByRole("button", { name: /^Cancel/ }).click();
    await dialog.getByRole("button", { name: "Cancel the offer" }).click();
    await expect(dialog.getByText("The offer is cancelled")).toBeVisible();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect(offer).toHaveCount(0);
  });

  expect(wallet.asked.filter((method) => method === "eth_signTypedData_v4").length).toBeGreaterThanOrEqual(1);
  expect(wallet.asked).toContain("eth_sendTransaction");
});
