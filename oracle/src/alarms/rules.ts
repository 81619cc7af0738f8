import { ALARM_NAMES, ALARMS } from "./catalogue.ts";

const HEAD = `# Alert rules of the oracle for Prometheus. Made from oracle/src/alarms/catalogue.ts by "npm run docs:alarms".
# Limits are the oracle's own (config section "alarms"): a rule only passes on what the oracle says.
groups:
  - name: commonwatt-oracle
    rules:
`;

/** The rules file: one rule an alarm, and those that an oracle cannot raise itself. */
export function prometheusRules(): string {
  const own = ALARM_NAMES.map((name) => {
    const { severity, summary, action } = ALARMS[name];
    return rule(name, `commonwatt_alarm{alarm="${name}"} == 1`, "1m", severity, summary, action);
  });
  const down = rule(
    "oracle-down",
    'up{job="commonwatt-oracle"} == 0',
    "2m",
    "critical",
    "The oracle does not answer",
    "look at its log; start it again, it goes on where it was",
  );
  const stuck = rule(
    "oracle-not-ready",
    "commonwatt_ready == 0",
    "15m",
    "critical",
    "The oracle runs, and is not ready",
    "ask /readyz or the verb status for the reason",
  );
  return `${HEAD}${[down, stuck, ...own].join("")}`;
}

function rule(name: string, expr: string, wait: string, severity: string, summary: string, action: string): string {
  const alert = name.replace(/(?:^|-)(\w)/gu, (_, letter: string) => letter.toUpperCase());
  return [
    `      - alert: ${alert}`,
    // Quoted as the formatter has it.
    `        expr: ${expr.includes('"') ? `'${expr}'` : `"${expr}"`}`,
    `        for: ${wait}`,
    "        labels:",
    `          severity: ${severity}`,
    "        annotations:",
    `          summary: ${JSON.stringify(summary)}`,
    `          description: ${JSON.stringify(action)}`,
    `          runbook: docs/operations.md#${name}`,
    "",
  ].join("\n");
}
