import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, it, test } from "vitest";

import { createMetrics } from "../metrics/metrics.ts";
import { FACTS } from "../../test/support/facts.ts";
import { ALARM_NAMES } from "./catalogue.ts";
import { prometheusRules } from "./rules.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const ops = join(root, "oracle/ops");
const read = (file: string) => readFileSync(join(ops, file), "utf8");

/** Names a PromQL expression uses: what looks like one of our metrics or the process's. */
const namesIn = (expr: string) => expr.match(/\b(?:commonwatt|process|nodejs)_\w+/gu) ?? [];

async function known(): Promise<Set<string>> {
  const metrics = createMetrics();
  metrics.show(FACTS, [], true);
  const text = await metrics.text();
  return new Set([...text.matchAll(/^# TYPE (\S+)/gmu)].map(([, name = ""]) => name));
}

describe("what Prometheus and Grafana are given", () => {
  it("has the rules of the table of alarms: otherwise run npm run docs:alarms", () => {
    expect(read("prometheus-rules.yml")).toBe(prometheusRules());
  });

  it("alerts on metrics that exist, each with a section of the runbook", async () => {
    const metrics = await known();
    const runbook = readFileSync(join(root, "docs/operations.md"), "utf8");
    const rules = prometheusRules();
    const expressions = [...rules.matchAll(/expr: (.*)$/gmu)].map(([, expr = ""]) => expr);
    expect(expressions).toHaveLength(ALARM_NAMES.length + 2);
    for (const expr of expressions) for (const name of namesIn(expr)) expect(metrics, expr).toContain(name);
    for (const [, anchor = ""] of rules.matchAll(/runbook: docs\/operations\.md#(\S+)$/gmu)) {
      expect(runbook, `a heading for ${anchor}`).toMatch(new RegExp(`^#{3} ${anchor}$`, "mu"));
    }
  });

  it("shows metrics that exist on the dashboard, in panels that do not overlap", async () => {
    const metrics = await known();
    type Panel = { title: string; gridPos: { x: number; y: number; w: number }; targets: { expr: string }[] };
    const { panels } = JSON.parse(read("grafana-dashboard.json")) as { panels: Panel[] };
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        expect(namesIn(expr), title).not.toHaveLength(0);
        for (const name of namesIn(expr)) expect(metrics, `${title}: ${expr}`).toContain(name);
      }
    }
    const rows = Map.groupBy(panels, ({ gridPos }) => gridPos.y);
    for (const row of rows.values()) expect(row.reduce((sum, { gridPos }) => sum + gridPos.w, 0)).toBe(24);
  });

  it("names every metric by the conventions, and none has a meter's number as a label", async () => {
    const metrics = createMetrics();
    metrics.show({ ...FACTS, refusals: { duplicate: 3 } }, [], true);
    const text = await metrics.text();
    for (const [, name = "", type] of text.matchAll(/^# TYPE (commonwatt_\S+) (\S+)$/gmu)) {
      expect(name).toMatch(/^commonwatt_[a-z0-9]+(?:_[a-z0-9]+)*$/u);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name).not.toMatch(/milli|_ms$|_days|_minutes|_kilo|_mega/u);
    }
    expect(text).toContain('commonwatt_refused_messages_total{reason="duplicate"} 3');
    expect(text).not.toMatch(/\bmeter="/u);
    const labels = new Set(
      [...text.matchAll(/^commonwatt_\w+\{(.*)\}/gmu)].flatMap(([, of = ""]) => of.match(/\w+(?==)/gu) ?? []),
    );
    expect([...labels].sort()).toEqual(["alarm", "reason", "severity", "state", "version"]);
  });
});

describe("what runs the oracle", () => {
  const units = ["commonwatt-oracle.service", "commonwatt-backup.service", "commonwatt-backup.timer"];
  const folder = mkdtempSync(join(tmpdir(), "units-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("starts the oracle hardened, with its passphrase as a credential and by paths that exist", () => {
    const unit = read("commonwatt-oracle.service");
    for (const line of ["DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"]) {
      expect(unit.split("\n")).toContain(line);
    }
    expect(unit).toMatch(/^LoadCredential=passphrase:\/etc\/commonwatt\/passphrase$/mu);
    expect(unit).not.toMatch(/^Environment=.*PASS/imu);
    for (const file of units) {
      for (const [path] of read(file).matchAll(/\/opt\/commonwatt\/(?!node_modules)[\w./-]+/gu)) {
        expect(existsSync(join(root, path.replace("/opt/commonwatt/", ""))), path).toBe(true);
      }
    }
  });

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
  test.skipIf(!hasSystemd)("passes systemd-analyze verify (skipped where systemd-analyze is not installed)", () => {
    for (const file of units) {
      // The repository is not where the unit expects it; everything else is verified.
      writeFileSync(
        join(folder, file),
        read(file).replaceAll("/opt/commonwatt/node_modules/.bin/node", process.execPath),
      );
    }
    for (const file of units) {
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(folder, file)], { encoding: "utf8" });
      // What the machine's own units have to say is not about these.
      const complaints = stderr.split("\n").filter((line) => line.includes("commonwatt"));
      expect(complaints).toEqual([]);
    }
  });

  it("copies into the container only what exists, runs there without root, and is asked for its health", () => {
    const file = read("Dockerfile");
    const copied = [...file.matchAll(/^COPY (?!--from)(.*)$/gmu)].flatMap(([, paths = ""]) =>
      paths.split(" ").slice(0, -1),
    );
    expect(copied.length).toBeGreaterThan(10);
    for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
    const last = file.slice(file.lastIndexOf("\nFROM "));
    expect(last).toMatch(/^USER commonwatt$/mu);
    expect(last).toMatch(/^HEALTHCHECK /mu);
    expect(last).toContain("oracle/bin/commonwatt-oracle.js");
  });
});
