import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { routeTable } from "./route-table.ts";

test("docs/private-api.md names the routes as they are", () => {
  const page = readFileSync(new URL("../../../docs/private-api.md", import.meta.url), "utf8");
  expect(page).toContain(routeTable());
});
