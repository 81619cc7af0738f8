import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { parseDeployment } from "@commonwatt/sdk/deployment";
import { privateKeyToAccount } from "viem/accounts";

import { configOption, defineVerb, type Option, print } from "../cli/verb.ts";
import { parseWhole } from "../community/values.ts";
import { loadConfigWithoutMeters } from "../config/load.ts";
import { openKey } from "../keystore/keystore.ts";
import { readPassphrase } from "../keystore/passphrase.ts";
import { type MeterAnswers, readAnswersFile } from "./answers-file.ts";
import { createAsker } from "./ask.ts";
import { filesOf, readJson } from "./files.ts";
import { askMeter, METER_QUESTIONS } from "./meter-questions.ts";
import { pairMeter } from "./pair-meter.ts";
import { readUrl } from "./read-answer.ts";

const MAX_MINUTES = 24 * 60;

const toOption = (key: string) => key.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
const ABOUT: Readonly<Record<string, string>> = {
  meter: "its number in the neighbourhood",
  meteringPoint: "the grid operator's number",
  place: "the place that everyone may read",
  kind: "what is behind it, such as home",
  source: "what it feeds in, such as solar",
  node: "the node name of its device",
  profile: "which device it is",
  wiring: "what its clamps are around",
  fuseWatts: "what the connection carries, W",
  unitWh: "the unit it counts in, Wh",
  importShows: "what it shows now for energy drawn",
  exportShows: "what it shows now for energy fed in",
  owner: "the owner's wallet",
};
const facts: Record<string, Option> = Object.fromEntries(
  METER_QUESTIONS.map((key) => [toOption(key), { type: "string", value: "...", about: ABOUT[key] ?? key }]),
);

export const pairVerb = defineVerb({
  usage: "--config FILE [--meter N ...]\n--config FILE --answers FILE",
  options: {
    config: configOption,
    ...facts,
    answers: { type: "string", value: "FILE", about: "several meters: the list `meters` of an answers file" },
    consent: { type: "string", value: "FILE", about: "a consent that was copied from the page" },
    dapp: { type: "string", value: "URL", about: "the dApp's address, where init was not told" },
    minutes: { type: "string", value: "N", default: "60", about: "how long the owner's link is good" },
  },
  details: [
    "Brings a meter all the way: configuration, device key, the owner's consent (by QR code), registration. What is not",
    "given is asked. Interrupted, run it again. An oracle that runs knows the meter after a restart.",
  ].join("\n"),
  async run(values) {
    const configFile = resolve(values.config);
    const config = loadConfigWithoutMeters(configFile);
    const minutes = parseWhole("--minutes", values.minutes, 1, MAX_MINUTES);
    const operator = await openKey(config.keystoreDir, "operator", readPassphrase(config));
    const deployment = parseDeployment(readFileSync(config.deploymentFile, "utf8"));
    const given = Object.fromEntries(
      METER_QUESTIONS.flatMap((key): [string, string][] => {
        const value = (values as Record<string, unknown>)[toOption(key)];
        return typeof value === "string" ? [[key, value]] : [];
      }),
    );
    const listed = values.answers === undefined ? undefined : readAnswersFile(values.answers).meters;
    if (listed !== undefined && (Object.keys(given).length > 0 || values.consent !== undefined)) {
      throw new CommonwattError("--answers names several meters, expected it without options of a single one");
    }
    const meters: MeterAnswers[] = listed ?? [{ answers: given }];
    for (const meter of meters) {
      const terminal = listed === undefined && process.stdin.isTTY;
      const { ask, close } = createAsker(meter.answers, { terminal });
      try {
        await pairMeter(await askMeter(ask, meter), {
          ...{ configFile, deployment, minutes, terminal, ask, say: print },
          operator: privateKeyToAccount(operator.privateKey),
          dappUrl:
            values.dapp === undefined ? knownDapp(configFile) : readUrl("--dapp", ["http", "https"])(values.dapp),
          consentFile: values.consent,
        });
      } finally {
        close();
      }
    }
  },
});

/** What `init` was told, or the first origin that may call the board. */
function knownDapp(configFile: string): string {
  const folder = dirname(configFile);
  const answers = readJson(filesOf(folder).answers) as { dappUrl?: string } | undefined;
  const dapp = answers?.dappUrl ?? loadConfigWithoutMeters(configFile).board.allowedOrigins[0];
  if (dapp === undefined) throw new CommonwattError("The dApp's address is not known, expected --dapp URL");
  return dapp;
}
