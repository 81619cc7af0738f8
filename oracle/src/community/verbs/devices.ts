import { CUSTODIES, enumWord, KEY_TYPES } from "@commonwatt/sdk/meters";
import { isHex } from "viem";
import { InvalidValueError } from "@commonwatt/sdk/commonwatt-error";

import { configOption, defineVerb, print } from "../../cli/verb.ts";
import { type NewDevice, registerDevice, revokeDevice, rotateDevice, rotationRegisters } from "../devices.ts";
import { listMeters } from "../look.ts";
import { parseAddress, parseMeterNumber, parseRegister, parseWord } from "../values.ts";
import { sendAs, sendingOptions, withCommunity } from "./shared.ts";

const meter = { type: "string", value: "N", about: "the meter's number", required: true } as const;
const deviceOptions = {
  ...sendingOptions("operator"),
  meter,
  device: { type: "string", value: "ADDRESS", about: 'the device, as "possession" prints it', required: true },
  possession: { type: "string", value: "HEX", about: 'its signature, as "possession" prints it', required: true },
  "key-type": { type: "string", value: "WORD", default: "secp256k1", about: KEY_TYPES.join(", ") },
  custody: { type: "string", value: "WORD", default: "operator", about: `who keeps its key: ${CUSTODIES.join(", ")}` },
} as const;

type DeviceValues = { meter: string; device: string; possession: string; "key-type": string; custody: string };

function deviceOf(values: DeviceValues): Omit<NewDevice, "importRegister" | "exportRegister"> {
  const { possession } = values;
  if (!isHex(possession)) throw new InvalidValueError("--possession", possession, "0x and hex digits");
  return {
    meter: parseMeterNumber("--meter", values.meter),
    device: parseAddress("--device", values.device),
    possession,
    keyType: parseWord("--key-type", KEY_TYPES, values["key-type"]),
    custody: parseWord("--custody", CUSTODIES, values.custody),
  };
}

export const registerDeviceVerb = defineVerb({
  usage: "--meter N --device 0x... --possession 0x... --import-register X --export-register Y",
  options: {
    ...deviceOptions,
    "import-register": { type: "string", value: "X", about: "as in the proof of possession", required: true },
    "export-register": { type: "string", value: "Y", about: "as in the proof of possession", required: true },
  },
  details: "The meter's first device. What it measures from today (UTC) on can be recorded.",
  run: (values) =>
    sendAs(values, (actor) =>
      registerDevice(actor, {
        ...deviceOf(values),
        importRegister: parseRegister("--import-register", values["import-register"]),
        exportRegister: parseRegister("--export-register", values["export-register"]),
      }),
    ),
});

export const rotateDeviceVerb = defineVerb({
  usage: "--meter N --device 0x... --possession 0x...",
  options: {
    ...deviceOptions,
    "even-unrecorded": { type: "boolean", about: "though delivered days are not on chain yet" },
  },
  details:
    'For a device whose key is elsewhere; "keys rotate" does it for a key of this keystore. The proof has to be for the registers that "devices list" shows. A meter that shares changes tomorrow, any other at once.',
  run: (values) =>
    sendAs(values, async (actor) => {
      const device = deviceOf(values);
      const registers = await rotationRegisters(actor, device.meter);
      return rotateDevice(actor, { ...device, ...registers }, values["even-unrecorded"]);
    }),
});

export const revokeDeviceVerb = defineVerb({
  usage: "--meter N",
  options: { ...sendingOptions("guardian"), meter },
  details: "At once, for a key that is lost or stolen. The meter's days wait until it has a new device.",
  run: (values) => sendAs(values, (actor) => revokeDevice(actor, parseMeterNumber("--meter", values.meter))),
});

export const listDevicesVerb = defineVerb({
  usage: "",
  options: { config: configOption },
  run: ({ config }) =>
    withCommunity(config, async (community) => {
      for (const { meter: number, device, state, custody, keyType } of await listMeters(community)) {
        if (device === undefined || state === undefined) print(`${number}  no device`);
        else {
          const kept = `${enumWord("key type", KEY_TYPES, keyType)} key kept by the ${enumWord("custody", CUSTODIES, custody)}`;
          const queued = state.deviceQueued ? ", another takes over soon" : "";
          const standing = `${state.active ? "active" : "revoked"}${queued}`;
          print(
            `${number}  ${device}  ${standing}, ${kept}, registers ${state.importRegister} and ${state.exportRegister}`,
          );
        }
      }
    }),
});
