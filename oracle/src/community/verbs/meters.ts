import { ENERGY_SOURCES, enumWord, METER_KINDS } from "@commonwatt/sdk/meters";
import { isoDay, type Day } from "@commonwatt/sdk/time";

import { configOption, defineVerb, print } from "../../cli/verb.ts";
import { listMeters, type MeterOnRecord } from "../look.ts";
import { closeMeter, rebaseRegisters, registerMeter, setCap } from "../meters.ts";
import { describeChoice } from "../sharing.ts";
import { parseAddress, parseMeterNumber, parseRegister, parseWhole, parseWord } from "../values.ts";
import { sendAs, sendingOptions, withCommunity } from "./shared.ts";

const meter = { type: "string", value: "N", about: "the meter's number", required: true } as const;
const MAX_CAP_WH = 3_276_700;

export const registerMeterVerb = defineVerb({
  usage: "--meter N --owner 0x... --cap-wh WH --place TEXT",
  options: {
    ...sendingOptions("operator"),
    meter,
    owner: { type: "string", value: "ADDRESS", about: "the member it belongs to, for ever", required: true },
    "cap-wh": {
      type: "string",
      value: "WH",
      about: "most energy in a quarter-hour, e.g. 6250 for 25 kW",
      required: true,
    },
    place: { type: "string", value: "TEXT", about: "where it delivers, e.g. a postcode", required: true },
    kind: { type: "string", value: "WORD", default: "home", about: METER_KINDS.join(", ") },
    source: { type: "string", value: "WORD", default: "unknown", about: ENERGY_SOURCES.join(", ") },
    "unit-wh": { type: "string", value: "WH", default: "1", about: "1, 10 or 100: the unit it counts in, for ever" },
  },
  details: "Number, owner and unit can never be changed. What is registered is public.",
  run: (values) =>
    sendAs(values, (actor) =>
      registerMeter(actor, {
        meter: parseMeterNumber("--meter", values.meter),
        owner: parseAddress("--owner", values.owner),
        kind: parseWord("--kind", METER_KINDS, values.kind),
        source: parseWord("--source", ENERGY_SOURCES, values.source),
        unitExponent: ["1", "10", "100"].indexOf(parseWord("--unit-wh", ["1", "10", "100"], values["unit-wh"])),
        capWh: parseWhole("--cap-wh", values["cap-wh"], 1, MAX_CAP_WH),
        place: values.place,
      }),
    ),
});

export const closeMeterVerb = defineVerb({
  usage: "--meter N",
  options: { ...sendingOptions("operator"), meter },
  details: "For ever. When a home changes hands: close its meter, and register a new number for the new owner.",
  run: (values) => sendAs(values, (actor) => closeMeter(actor, parseMeterNumber("--meter", values.meter))),
});

export const capMeterVerb = defineVerb({
  usage: "--meter N --cap-wh WH",
  options: {
    ...sendingOptions("governor"),
    meter,
    "cap-wh": { type: "string", value: "WH", about: "most energy in a quarter-hour, either way", required: true },
  },
  run: (values) =>
    sendAs(values, (actor) =>
      setCap(actor, parseMeterNumber("--meter", values.meter), parseWhole("--cap-wh", values["cap-wh"], 1, MAX_CAP_WH)),
    ),
});

export const rebaseMeterVerb = defineVerb({
  usage: "--meter N --import-register X --export-register Y --reason TEXT",
  options: {
    ...sendingOptions("governor"),
    meter,
    "import-register": { type: "string", value: "X", about: "what the counter shows now, in its unit", required: true },
    "export-register": { type: "string", value: "Y", about: "the same for energy fed in", required: true },
    reason: { type: "string", value: "TEXT", about: "why: everyone can read it", required: true },
    "even-unrecorded": { type: "boolean", about: "though delivered days are not on chain yet: they are closed by it" },
  },
  details: "For a counter that was lost or replaced. Let the oracle record all delivered days before.",
  run: (values) =>
    sendAs(values, (actor) =>
      rebaseRegisters(
        actor,
        {
          meter: parseMeterNumber("--meter", values.meter),
          importRegister: parseRegister("--import-register", values["import-register"]),
          exportRegister: parseRegister("--export-register", values["export-register"]),
          reason: values.reason,
        },
        values["even-unrecorded"],
      ),
    ),
});

export const listMetersVerb = defineVerb({
  usage: "",
  options: { config: configOption },
  run: ({ config }) =>
    withCommunity(config, async (community) => {
      for (const entry of await listMeters(community)) print(describeMeter(entry));
    }),
});

function describeMeter(entry: MeterOnRecord): string {
  const { meter: number, owner, closed, capWh, state } = entry;
  const kind = enumWord("kind", METER_KINDS, entry.kind);
  const standing = closed
    ? "closed"
    : state === undefined
      ? "no device yet"
      : state.active
        ? describeChoice(state)
        : "device revoked";
  const registers =
    state === undefined
      ? ""
      : `, registers ${state.importRegister} import, ${state.exportRegister} export at the end of ${isoDay(state.lastDay as Day)}`;
  return `${number}  ${kind} of ${owner}: ${standing}, at most ${capWh} Wh in a quarter-hour${registers}`;
}
