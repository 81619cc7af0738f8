import { existsSync } from "node:fs";

import { loadConfig } from "../config/load.ts";
import type { Config, MeterInput } from "../config/schema.ts";
import { labelsOf } from "../chain/endpoints/redact.ts";
import { listMeterKeys } from "../keystore/keystore.ts";
import { mqttTopics } from "../sources/decode/mqtt.ts";
import { configOption, defineVerb, print } from "./verb.ts";

export const checkVerb = defineVerb({
  usage: "--config FILE",
  options: { config: configOption },
  run: ({ config }) => {
    print(summarize(loadConfig(config)));
  },
});

/** A summary of a valid config, in lines for a person. */
export function summarize(config: Config): string {
  const { broker, http, board, meters, settlement } = config;
  const keys = new Set(listMeterKeys(config.keystoreDir));
  const withoutKey = meters.filter(({ meter }) => !keys.has(meter)).map(({ meter }) => meter);
  const lines = [
    broker.kind === "embedded"
      ? `broker: embedded, on ${broker.host}:${broker.port}`
      : `broker: external, ${broker.url} as client ${broker.clientId}`,
    `topics: ${mqttTopics(config.baseTopic).join(", ")}`,
    ...config.serial.map(({ path, format }) => `serial line: ${path}, ${format}`),
    http === undefined
      ? "http input: off"
      : `http input: http://${http.host}:${http.port}/input, keys in ${http.keysFile}${existsSync(http.keysFile) ? "" : " (missing)"}`,
    `clock: ${config.clock}`,
    `chain: ${labelsOf(config.rpcUrls).join(", then ")}, contracts of ${config.deploymentFile}${existsSync(config.deploymentFile) ? "" : " (missing)"}`,
    settlement.enabled
      ? `settlement: operated here, a day is announced ${settlement.deadlineSeconds} s after its end at the latest`
      : "settlement: left to another operator",
    `board: http://${board.host}:${board.port}/api`,
    `data: ${config.dataDir}`,
    `signer: ${showSigner(config)}`,
    `keys: ${config.keystoreDir}${config.signer.kind !== "process" || withoutKey.length === 0 ? "" : ` (no key yet of meter ${withoutKey.join(", ")})`}`,
    `meters: ${meters.length}`,
    ...meters.map(
      ({ meter, node, inputs, fuseWatts, unitWh }) =>
        `  ${meter}: node ${node}, fuse ${fuseWatts} W, unit ${unitWh} Wh, ` + inputs.map(showInput).join(", "),
    ),
  ];
  return lines.join("\n");
}

function showSigner({ signer }: Config): string {
  if (signer.kind === "remote") return `on another machine, ${signer.host}:${signer.port}`;
  if (signer.kind === "pkcs11") return `secure element, token ${signer.token} through ${signer.library}`;
  return "a process of its own, with the keys below";
}

function showInput({ input, plus = [], minus = [], meaning }: MeterInput): string {
  return `${[input, ...plus].join(" + ")}${minus.map((part) => ` - ${part}`).join("")} = ${meaning}`;
}
