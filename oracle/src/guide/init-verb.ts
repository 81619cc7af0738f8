import { resolve } from "node:path";

import { defineVerb, print } from "../cli/verb.ts";
import { parseWhole } from "../community/values.ts";
import { writePrivate } from "../write-private.ts";
import { readAnswersFile } from "./answers-file.ts";
import { type Answers, createAsker } from "./ask.ts";
import { filesOf, readJson, toJson } from "./files.ts";
import { initialize } from "./init.ts";
import { askMeter } from "./meter-questions.ts";
import { pairMeter } from "./pair-meter.ts";
import { readYes } from "./read-answer.ts";

const MAX_MINUTES = 24 * 60;
/** Questions whose answers hold for every meter, or for none: they are asked anew. */
const NEVER_REMEMBERED = ["isOwner", "another"];

export const initVerb = defineVerb({
  usage: "[--folder .] [--answers FILE] [--minutes 60]",
  options: {
    folder: { type: "string", value: "FOLDER", default: ".", about: "where the oracle's files go" },
    answers: { type: "string", value: "FILE", about: "answers as JSON; who is not answered so is asked" },
    minutes: { type: "string", value: "N", default: "60", about: "how long money and owners are waited for" },
  },
  details: [
    "The guided first hour: from an empty folder to an oracle that is ready to run, in questions and plain words. Nothing",
    "that is there is overwritten. Interrupted, or told that something is missing, run it again: it goes on where it stopped.",
  ].join("\n"),
  async run({ folder, answers: answersFile, minutes: minutesText }) {
    const minutes = parseWhole("--minutes", minutesText, 1, MAX_MINUTES);
    const files = filesOf(resolve(folder));
    const given = answersFile === undefined ? undefined : readAnswersFile(answersFile);
    const terminal = given === undefined && process.stdin.isTTY;
    const remembered = new Map(Object.entries((readJson(files.answers) ?? {}) as Answers));
    const onAnswer = (key: string, answer: string) => {
      if (NEVER_REMEMBERED.includes(key)) return;
      remembered.set(key, answer);
      writePrivate(files.answers, toJson(Object.fromEntries(remembered)));
    };
    const asker = createAsker({ ...Object.fromEntries(remembered), ...given?.answers }, { terminal, onAnswer });
    try {
      const made = await initialize({ folder, ask: asker.ask, say: print, minutes });
      const parts = { ...made, minutes, terminal, say: print };
      for (const meter of given?.meters ?? []) {
        const { ask } = createAsker(meter.answers, { terminal: false });
        await pairMeter(await askMeter(ask, meter), { ...parts, ask });
      }
      // One reader of the terminal at a time.
      asker.close();
      if (terminal) await pairByHand(parts);
      print(`\nReady. Start it with: npx commonwatt-oracle run --config ${made.configFile}`);
      print("and see how the first day comes along with: npx commonwatt-oracle watch");
    } finally {
      asker.close();
    }
  },
});

/** One meter after the other, as the person likes. */
async function pairByHand(parts: Omit<Parameters<typeof pairMeter>[1], "ask">): Promise<void> {
  const { ask, close } = createAsker({}, { terminal: true });
  try {
    const wantsAnother = () =>
      ask({ key: "another", text: "Pair a meter now (yes, no)?", fallback: "yes", read: readYes("answer") });
    while (await wantsAnother()) await pairMeter(await askMeter(ask, {}), { ...parts, ask });
  } finally {
    close();
  }
}
