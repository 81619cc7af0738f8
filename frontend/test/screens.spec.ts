import { expect, test } from "@playwright/test";

import { chooseDemoWallet, humans, readDeployment, watchComplaints } from "./stack.ts";

const SCREENS = ["/", "/overview", "/sell", "/buy", "/ledger"];

for (const { name, viewport } of [
  { name: "a phone", viewport: { width: 390, height: 844 } },
  { name: "a desktop", viewport: { width: 1280, height: 800 } },
]) {
  test(`every screen fits ${name}, names its parts, and passes its own security policy`, async ({ page, baseURL }) => {
    const { seller } = humans(await readDeployment(baseURL));
    const complaints = watchComplaints(page);
    await page.setViewportSize(viewport);
    await page.goto("/");
    await chooseDemoWallet(page, seller.name);
    for (const path of SCREENS) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expect(page.getByRole("status", { name: /^Reading/ })).toHaveCount(0);
      const faults = await page.evaluate(() => {
        const found: string[] = [];
        const overflow = document.documentElement.scrollWidth - window.innerWidth;
        if (overflow > 0) found.push(`scrolls sideways by ${overflow} px`);
        for (const table of document.querySelectorAll("table")) {
          if ((table.caption?.textContent ?? "") === "") found.push("a table without a caption");
        }
        for (const control of document.querySelectorAll<HTMLInputElement>("input, select, textarea")) {
          const named = (control.labels?.length ?? 0) > 0 || control.ariaLabel !== null;
          if (!named) found.push(`a control without a label: ${control.outerHTML.slice(0, 80)}`);
        }
        for (const button of document.querySelectorAll("button, a[href]")) {
          if ((button.ariaLabel ?? button.textContent).trim() === "")
            found.push(`nameless: ${button.outerHTML.slice(0, 80)}`);
        }
        return found;
      });
      expect(faults, path).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });
}

test("a neighbourhood that cannot be opened says why", async ({ page }) => {
  await page.route("**/deployment.json", (route) => route.fulfill({ status: 404, body: "nothing here" }));
  await page.goto("/");
  await expect(page.getByRole("alert")).toContainText("/deployment.json is missing: the server answered 404");
  await page.unroute("**/deployment.json");
  await page.route("**/deployment.json", (route) => route.fulfill({ json: { name: "Street", chainId: "31337" } }));
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert")).toContainText("chainId");
});

test("the theme follows the device until somebody chooses, and the choice lasts", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.getByRole("button", { name: /Change to light/ }).click();
  const light = await background();
  expect(light).not.toBe(dark);
  await page.reload();
  expect(await background()).toBe(light);
});
