import type { RouteSpec } from "./route.ts";
import { specs } from "./specs.ts";

/** The routes as a table of `docs/private-api.md`, from what requests are checked by. */
export function routeTable(): string {
  const rows = (Object.values(specs) as RouteSpec[]).map(({ method, path, summary, session, query }) => {
    const names = Object.keys(query?.shape ?? {});
    const asked = names.length === 0 ? "" : `?${names.join("&")}`;
    return [`\`${method} ${path}${asked}\``, session ? "yes" : "no", summary];
  });
  const table = [["route", "session", "what"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [head = [], ...body] = table;
  return [line(head), rule, ...body.map(line)].join("\n");
}
