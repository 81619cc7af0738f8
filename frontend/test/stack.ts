import { expect, type Page } from "@playwright/test";

import { type DemoAccount, type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";

/** The running neighbourhood as the dApp under test sees it. */
export async function readDeployment(baseURL: string | undefined): Promise<Deployment> {
  const response = await fetch(`${baseURL ?? ""}/deployment.json`);
  return parseDeployment(await response.text());
}

/** The homes that no bot plays: the first that has a plant and the first that has none. */
export function humans(deployment: Deployment): { seller: DemoAccount; buyer: DemoAccount } {
  const accounts = deployment.demo?.accounts ?? [];
  const seller = accounts.find(({ role }) => role === "prosumer");
  const buyer = accounts.find(({ role }) => role === "consumer");
  if (seller === undefined || buyer === undefined) {
    throw new Error(`The demo has ${accounts.length} accounts, expected a prosumer and a consumer among them.`);
  }
  return { seller, buyer };
}

/** Becomes a demo home, whoever the page is now. */
export async function chooseDemoWallet(page: Page, name: string): Promise<void> {
  await page
    .getByRole("banner")
    .getByRole("button", { name: /Choose a wallet|You are/ })
    .click();
  await page.getByRole("menuitem", { name, exact: true }).click();
  await expect(page.getByRole("button", { name: `You are ${name}` })).toBeVisible();
}

/** Goes to a screen by the main navigation, as a person does. */
export async function goTo(page: Page, screen: "Autopilot" | "Overview" | "Sell" | "Buy" | "Ledger"): Promise<void> {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: screen }).first().click();
}

/** Collects what the browser complains about: errors of the page and violations of its content security policy. */
export function watchComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}
