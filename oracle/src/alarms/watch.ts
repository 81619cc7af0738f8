import type { Logger } from "pino";

import { ALARM_NAMES, ALARMS, type AlarmName, type Severity } from "./catalogue.ts";
import type { Trouble } from "./judge.ts";

/** An alarm that is raised. */
export type Alarm = {
  name: AlarmName;
  severity: Severity;
  /** What is wrong, with values. */
  says: string;
  /** What to do first. */
  action: string;
  /** Where docs/operations.md says more. */
  runbook: string;
  /** Since when it is wrong, unix milliseconds. */
  sinceMs: number;
};

/** Keeps account of which alarms are raised; tells the log once when one is, and once when it is over. */
export type AlarmWatch = {
  look(troubles: readonly Trouble[], nowMs: number): void;
  /** Critical ones first. */
  raised(): Alarm[];
};

export function createAlarmWatch(log: Logger): AlarmWatch {
  const since = new Map<AlarmName, number>();
  const raised = new Map<AlarmName, Alarm>();
  return {
    look(troubles, nowMs) {
      const now = new Map(troubles.map(({ name, says }) => [name, says]));
      for (const name of ALARM_NAMES) {
        const says = now.get(name);
        if (says === undefined) {
          since.delete(name);
          if (raised.delete(name)) log.info({ event: "alarm-over", alarm: name }, `The alarm ${name} is over`);
          continue;
        }
        const sinceMs = since.get(name) ?? nowMs;
        since.set(name, sinceMs);
        const { severity, action, afterSeconds } = ALARMS[name];
        if (nowMs - sinceMs < afterSeconds * 1000) continue;
        const alarm = { name, severity, says, action, runbook: `docs/operations.md#${name}`, sinceMs };
        if (!raised.has(name)) {
          const level = severity === "critical" ? "error" : "warn";
          log[level]({ event: "alarm", alarm: name, runbook: alarm.runbook }, `${says}: ${action}`);
        }
        raised.set(name, alarm);
      }
    },
    raised: () =>
      [...raised.values()].sort((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical")),
  };
}
