import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, type Page, test } from "@playwright/test";

import { chooseDemoWallet, humans, readDeployment, watchComplaints } from "./stack.ts";

const SCRIPT = join(import.meta.dirname, "../../oracle/test/support/pairing-process.ts");
const started: ChildProcess[] = [];

test.afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGTERM");
});

/** The oracle's real pairing route with one invitation; the page's requests for it go there. */
async function invite(page: Page, baseURL: string | undefined, seconds: number) {
  const dapp = baseURL ?? "";
  const deployment = await readDeployment(baseURL);
  const args = [SCRIPT, JSON.stringify(deployment), `${dapp}/rpc`, dapp, String(seconds)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
  const { port, link } = await next();
  await page.route("**/api/pairing/*", async (route) => {
    const path = new URL(route.request().url()).pathname;
    await route.fulfill({ response: await route.fetch({ url: `http://127.0.0.1:${Number(port)}${path}` }) });
  });
  return { link: String(link), answer: next, deployment };
}

test("the owner of a meter reads what becomes public, and signs", async ({ page, baseURL }) => {
  const complaints = watchComplaints(page);
  const { link, answer, deployment } = await invite(page, baseURL, 600);
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Pair your meter" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Meter 77" })).toContainText("12345.678 kWh");
  await expect(page.getByText("Choose a wallet first")).toBeVisible();

  const { seller } = humans(deployment);
  await chooseDemoWallet(page, seller.name);
  await expect(page.getByText("quarter-hour by quarter-hour, is published on a public chain")).toBeVisible();
  const sign = page.getByRole("button", { name: "Sign with my wallet" });
  await expect(sign).toBeDisabled();
  await page.getByRole("checkbox", { name: /I have read this/u }).check();
  await sign.click();
  await expect(page.getByText("The operator has your consent")).toBeVisible();
  expect(await answer()).toMatchObject({
    version: 1,
    owner: seller.address,
    meter: 77,
    importRegister: "12345678",
  });
  expect(complaints).toEqual([]);

  // The link was good once.
  await page.goto("/");
  await page.goto(link);
  await expect(page.getByText("This link has been used. Ask the operator for a new one.")).toBeVisible();
});

test("where the oracle cannot be reached, the signed consent is there to be copied", async ({ page, baseURL }) => {
  const { link, deployment } = await invite(page, baseURL, 600);
  await page.unroute("**/api/pairing/*");
  await page.route("**/api/pairing/*", (route) => route.abort());
  await page.goto(link);
  await chooseDemoWallet(page, humans(deployment).seller.name);
  await page.getByRole("checkbox", { name: /I have read this/u }).check();
  await page.getByRole("button", { name: "Sign with my wallet" }).click();
  await expect(page.getByRole("textbox", { name: /Copy all of this/u })).toHaveValue(/"meter":77.*"signature":"0x/u);
});

test("a link that has expired, was cut off, or belongs elsewhere says so", async ({ page, baseURL }) => {
  const { link, deployment } = await invite(page, baseURL, -10);
  await page.goto(link);
  await expect(page.getByText("This link has expired. Ask the operator for a new one.")).toBeVisible();
  await page.goto("/");
  await page.goto(link.slice(0, -5));
  await expect(page.getByText("The link is not whole.")).toBeVisible();
  await page.goto("/");
  await page.goto(link.replace(deployment.neighbourhood, deployment.token));
  await expect(page.getByText("It belongs to another neighbourhood")).toBeVisible();
  await page.goto("/");
  await page.goto("/pair");
  await expect(page.getByText("The link is not whole.")).toBeVisible();
});
