import { defineVerb } from "../../cli/verb.ts";
import { BY_HAND, COMMUNITY_PRICE, setSharing, type SharingChoice } from "../sharing.ts";
import { parseMeterNumber, parseTicks, parseWord } from "../values.ts";
import { sendAs, sendingOptions } from "./shared.ts";

const HOW = ["community", "limits", "by-hand"] as const;

export const sharingVerb = defineVerb({
  usage: "--meter N --how community\n--meter N --how limits --ask-ticks A --bid-ticks B\n--meter N --how by-hand",
  options: {
    ...sendingOptions("operator"),
    meter: { type: "string", value: "N", about: "the meter's number", required: true },
    how: { type: "string", value: "WORD", about: HOW.join(", "), required: true },
    "ask-ticks": { type: "string", value: "A", about: "lowest price for what it feeds in; 1500 is 0.15 a kWh" },
    "bid-ticks": { type: "string", value: "B", about: "highest price for what it draws, network charge included" },
  },
  details: "Only the meter's owner can choose it: --key has to be the owner's. Members choose it in the dApp.",
  run: (values) =>
    sendAs(values, (actor) => setSharing(actor, parseMeterNumber("--meter", values.meter), choiceOf(values))),
});

function choiceOf(values: {
  how: string;
  "ask-ticks": string | undefined;
  "bid-ticks": string | undefined;
}): SharingChoice {
  const how = parseWord("--how", HOW, values.how);
  if (how === "by-hand") return BY_HAND;
  if (how === "community") return COMMUNITY_PRICE;
  return {
    sharing: true,
    community: false,
    askTicks: parseTicks("--ask-ticks", values["ask-ticks"]),
    bidTicks: parseTicks("--bid-ticks", values["bid-ticks"]),
  };
}
