import type { ConformanceCase } from "./http-conformance.ts";
import { ANY_KEY, NODE_KEY, SCENE_NOW } from "./http-scene.ts";

/** The conformance table in Markdown, a table per chapter. */
export function renderConformance(chapters: Record<string, readonly ConformanceCase[]>): string {
  return Object.entries(chapters)
    .map(([chapter, cases]) => {
      const lines = cases.map(
        (entry) => `| ${[entry.shows, requestOf(entry), replyOf(entry), rowsOf(entry)].join(" | ")} |`,
      );
      return `### ${chapter}\n\n| shows | request | reply | stored |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

/** A table without what only makes it look tidy. */
export function sameTable(markdown: string): string[] {
  return markdown
    .split("\n")
    .map((line) => line.replaceAll(/ +/gu, " ").replaceAll(/-{3,}/gu, "---").trim())
    .filter((line) => line !== "");
}

function requestOf({ method, target, headers, body, shown }: ConformanceCase): string {
  const type = headers?.["content-type"];
  const other = type !== undefined && !type.endsWith("urlencoded") ? ` ${code(type)}` : "";
  const text = shown ?? (typeof body === "string" ? decodeURIComponent(body) : undefined);
  return `${code(`${method} ${target}`)}${other}${text === undefined ? "" : `<br>${code(text)}`}`;
}

function replyOf({ reply: { status, body } }: ConformanceCase): string {
  return `${status === 200 ? "" : `${status} `}${code(body)}`;
}

function rowsOf({ rows }: ConformanceCase): string {
  if (rows.length === 0) return "nothing";
  return rows
    .map(({ node, seconds, values }) => code(`${node} ${time(seconds)} ${JSON.stringify(values)}`))
    .join("<br>");
}

function time(seconds: number): string {
  return seconds === 0 ? "now" : `now${seconds < 0 ? "" : "+"}${seconds}s`;
}

/** Keys and times by their names, so that the table says what they are. */
function code(text: string): string {
  const named = text
    .replaceAll(ANY_KEY, "KEY")
    .replaceAll(NODE_KEY, "DEVICE_KEY")
    .replaceAll(ANY_KEY.replace("0", "1"), "WRONG_KEY")
    .replaceAll(/\b1720\d{6}\b/gu, (unix) => {
      const distance = Number(unix) - SCENE_NOW;
      return distance === 0 ? "T" : `T${distance < 0 ? "" : "+"}${distance}`;
    })
    .replaceAll("|", "\\|");
  return `\`${named}\``;
}
