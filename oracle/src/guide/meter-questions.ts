import { ENERGY_SOURCES, METER_KINDS } from "@commonwatt/sdk/meters";
import type { Address } from "viem";

import { parseAddress, parseMeterNumber, parseWhole } from "../community/values.ts";
import { PROFILE_NAMES, WIRINGS } from "../devices/profile.ts";
import { PROFILES } from "../devices/profiles.ts";
import type { MeterAnswers } from "./answers-file.ts";
import type { Ask } from "./ask.ts";
import { readChoice, readEnergy, readText } from "./read-answer.ts";

/** The answers about a meter. */
export const METER_QUESTIONS = [
  ...["meter", "meteringPoint", "place", "kind", "source", "node", "profile", "wiring"],
  ...["fuseWatts", "unitWh", "importShows", "exportShows", "owner"],
] as const;

/** A meter as it is to be paired. */
export type NewMeterFacts = {
  meter: number;
  meteringPoint: string;
  place: string;
  kind: (typeof METER_KINDS)[number];
  source: (typeof ENERGY_SOURCES)[number];
  fuseWatts: number;
  unitWh: 1 | 10 | 100;
  openingImportWh: number;
  openingExportWh: number;
  /** Who must sign, where that is known. */
  owner: Address | undefined;
  /** The rest of its entry in the config. */
  wired: { node: string; profile?: string; wiring?: string; inputs?: readonly object[] };
};

/** Asks what must be known of one meter. */
export async function askMeter(ask: Ask, { inputs }: Pick<MeterAnswers, "inputs">): Promise<NewMeterFacts> {
  const meter = await ask({
    key: "meter",
    text: "Which number does the meter get in the neighbourhood, from 1 on?",
    read: (answer) => parseMeterNumber("meter", answer),
  });
  const meteringPoint = await ask({
    key: "meteringPoint",
    text: "What is the grid operator's number of the metering point? (It stays between you and the owner.)",
    read: readText("metering point", 64),
  });
  const place = await ask({
    key: "place",
    text: "Which place may everyone read, at most 32 letters, such as the street without the number?",
    read: readText("place", 32),
  });
  const kind = await ask({
    key: "kind",
    text: `What is behind it (${METER_KINDS.join(", ")})?`,
    fallback: "home",
    read: readChoice("kind", METER_KINDS),
  });
  const source = await ask({
    key: "source",
    text: `What does it feed in (${ENERGY_SOURCES.join(", ")})?`,
    fallback: "unknown",
    read: readChoice("source", ENERGY_SOURCES),
  });
  const wired = await askWiring(ask, inputs);
  const fuseWatts = await ask({
    key: "fuseWatts",
    text: "How much can the connection carry, in W (three phases of 25 A: 17250)?",
    fallback: "17250",
    read: (answer) => parseWhole("fuse", answer, 100, 100_000_000),
  });
  const unitWh = Number(
    await ask({
      key: "unitWh",
      text: "In which unit does it count, in Wh (1; 10 or 100 for connections above 131 kW)?",
      fallback: "1",
      read: readChoice("unit", ["1", "10", "100"]),
    }),
  ) as 1 | 10 | 100;
  const openingImportWh = await ask({
    key: "importShows",
    text: "What does the meter show now for energy drawn, such as 12345.678 kWh (0: it has a clamp and no display)?",
    fallback: "0",
    read: readEnergy("reading", unitWh),
  });
  const openingExportWh = await ask({
    key: "exportShows",
    text: "And for energy fed in?",
    fallback: "0",
    read: readEnergy("reading", unitWh),
  });
  const owner = await ask({
    key: "owner",
    text: "What is the address of the owner's wallet (any: whoever signs the link; you are shown the address)?",
    fallback: "any",
    read: (answer) => (answer === "any" ? undefined : parseAddress("owner", answer)),
  });
  return {
    ...{ meter, meteringPoint, place, kind, source, fuseWatts, unitWh, openingImportWh, openingExportWh, owner, wired },
  };
}

async function askWiring(ask: Ask, inputs: readonly object[] | undefined): Promise<NewMeterFacts["wired"]> {
  const node = await ask({
    key: "node",
    text: 'Under which node name does its device send? ("discover" finds it.)',
    read: readText("node", 64),
  });
  if (inputs !== undefined) return { node, inputs };
  const profile = await ask({
    key: "profile",
    text: `Which device is it (${PROFILE_NAMES.join(", ")})?`,
    read: readChoice("device", PROFILE_NAMES),
  });
  const wirings = WIRINGS.filter((wiring) => PROFILES[profile].wirings[wiring] !== undefined);
  if (wirings.length <= 1) return { node, profile };
  const wiring = await ask({
    key: "wiring",
    text: `What are its clamps around, see docs/devices.md (${wirings.join(", ")})?`,
    fallback: "grid",
    read: readChoice("wiring", wirings),
  });
  return { node, profile, wiring };
}
