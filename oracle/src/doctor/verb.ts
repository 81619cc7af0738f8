import { readFileSync } from "node:fs";

import { type Deployment, parseDeployment } from "@commonwatt/sdk/deployment";

import { askReport, NotRunningError } from "../admin/ask.ts";
import { configOption, defineVerb, print } from "../cli/verb.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { examineChain } from "./chain.ts";
import { examined, type Finding, ok, reasonOf, warning, wrong } from "./finding.ts";
import { examineBroker, examineDatabase, examineDisk, examineFiles, examineKeys, examineSecrets } from "./machine.ts";

export const doctorVerb = defineVerb({
  usage: "--config FILE [--json]",
  options: { config: configOption, json: { type: "boolean", about: "the findings as JSON for programs" } },
  details:
    "Looks at everything the oracle needs, whether it runs or not, and changes nothing. Ends with 0 if all is ok, 1 with warnings, 2 if something is wrong.",
  async run({ config: file, json }) {
    const findings = await examine(loadConfig(file), file);
    print(json ? JSON.stringify(findings) : findings.map(show).join("\n"));
    process.exitCode = findings.some(({ level }) => level === "wrong")
      ? 2
      : Number(findings.some(({ level }) => level === "warning"));
  },
});

/** Looks at everything. What one look fails at is a finding of its own. */
export async function examine(config: Config, configFile: string): Promise<Finding[]> {
  const { running, isRunning } = await examineOracle(config);
  const deployment = readDeployment(config);
  return [
    ...running,
    ...(await examined("files", () => [...examineFiles(config, configFile), ...examineSecrets(config)])),
    ...(await examined("keys", () => examineKeys(config))),
    ...(await examined("disk", () => examineDisk(config))),
    ...(await examined("database", () => examineDatabase(config))),
    ...(await examined("broker", () => examineBroker(config, isRunning))),
    ...("neighbourhood" in deployment ? await examined("chain", () => examineChain(config, deployment)) : [deployment]),
  ];
}

async function examineOracle(config: Config): Promise<{ running: Finding[]; isRunning: boolean }> {
  if (config.admin === undefined) {
    return {
      running: [
        warning("oracle", "it cannot be asked how it stands", 'add "admin": {} to the configuration and restart it'),
      ],
      isRunning: false,
    };
  }
  try {
    const { alarms, ready, notReady } = await askReport(config);
    const raised = alarms.map(({ severity, says, action }) =>
      severity === "critical" ? wrong("oracle", says, action) : warning("oracle", says, action),
    );
    const why = notReady.map(({ says }) => says).join("; ");
    const stands = ready
      ? ok("oracle", "runs, and is ready")
      : wrong("oracle", `runs, and is not ready: ${why}`, "see below");
    return { running: [stands, ...raised], isRunning: true };
  } catch (error) {
    if (error instanceof NotRunningError) {
      return {
        running: [warning("oracle", "does not run", 'start it with "run", or by its service')],
        isRunning: false,
      };
    }
    return { running: [wrong("oracle", reasonOf(error), "mend what this line says")], isRunning: true };
  }
}

function readDeployment({ deploymentFile }: Config): Deployment | Finding {
  try {
    return parseDeployment(readFileSync(deploymentFile, "utf8"));
  } catch (error) {
    return wrong(
      "deployment",
      `${deploymentFile} cannot be used: ${reasonOf(error)}`,
      "make it anew by init or neighbourhood join",
    );
  }
}

const MARKS = { ok: "ok     ", warning: "WARNING", wrong: "WRONG  " } as const;

function show({ subject, level, says, action }: Finding): string {
  return `${MARKS[level]} ${subject.padEnd(10)} ${says}${action === undefined ? "" : `\n           do: ${action}`}`;
}
