import type { ProfileName, Wiring } from "../devices/profile.ts";
import { PROFILES } from "../devices/profiles.ts";
import { wire } from "../devices/wire.ts";
import type { NodeSeen } from "./observations.ts";

/** The most telling first: a device is the first whose inputs it has. */
const ORDER: readonly ProfileName[] = [
  ...(["P1", "ShellyEMGen3", "ShellyEM", "emonPiCM", "emonPi"] as const),
  ...(["emonTx5", "emonPi2", "emonTx4", "emonTx3CM", "EmonESP", "IoTaWatt"] as const),
];
/** Inputs that tell devices apart whose billed ones are called the same. */
const TELLING: Partial<Record<ProfileName, (has: (name: string) => boolean, node: string) => boolean>> = {
  emonPiCM: (has) => has("power1"),
  emonPi: (has) => has("power1pluspower2") || has("power2"),
  emonTx5: (has) => has("Vrms1") || has("V1"),
  emonPi2: (has, node) => has("P6") && /pi/iu.test(node),
  emonTx4: (has) => has("P6"),
  EmonESP: (has) => has("ct1"),
};

/** The ready profile that a node looks like. */
export function recogniseProfile(node: string, { inputs }: NodeSeen): ProfileName | undefined {
  const has = (name: string) => inputs.has(name);
  return ORDER.find((name) => {
    if (TELLING[name]?.(has, node) === false) return false;
    return channelsOf(name).some((channel) => billedInputs(name, channel).every(has));
  });
}

/** Channels that a device may have at the connection; one without a number where it has no channels. */
export function channelsOf(name: ProfileName): (number | undefined)[] {
  const { channels } = PROFILES[name];
  return channels === undefined
    ? [undefined]
    : Array.from({ length: channels.count }, (_, index) => channels.first + index);
}

function billedInputs(name: ProfileName, channel: number | undefined): string[] {
  const wired = wire(PROFILES[name], "grid", { channel });
  return Array.isArray(wired) ? wired.filter(({ meaning }) => meaning !== "checkPowerW").map(({ input }) => input) : [];
}

export type WiringFound = {
  wiring?: Wiring;
  channel?: number;
  generationChannel?: number;
  /** What the listener has to decide, and by what. */
  remark?: string;
};

/** Less than this in either direction is what a transformer shows that is clamped around nothing. */
const NOISE_WATTS = 20;

/** Tells from the signs of the powers which channel is at the connection: only there it becomes negative. */
export function recogniseWiring(name: ProfileName, { inputs }: NodeSeen): WiringFound {
  const { wirings, channels } = PROFILES[name];
  if (Object.keys(wirings).length === 1) return {};
  if (channels === undefined) return recogniseNamed(inputs);
  const active = channelsOf(name).flatMap((channel) => {
    const power = channel === undefined ? undefined : inputs.get(powerOf(name, channel));
    if (channel === undefined || power === undefined) return [];
    return power.max > NOISE_WATTS || power.min < -NOISE_WATTS ? [{ channel, power }] : [];
  });
  const exporting = active.filter(({ power }) => power.min < -NOISE_WATTS);
  const [grid] = exporting;
  if (grid === undefined)
    return {
      remark:
        "nothing was exported while listening, so nothing tells the connection from a load: listen while the sun shines, " +
        `or set "wiring" to ${Object.keys(wirings).join(", ")} by what you know`,
    };
  if (exporting.length > 1)
    return {
      remark: `channels ${exporting.map(({ channel }) => channel).join(", ")} were all negative: three phases ("wiring": "threePhase"), or a transformer the wrong way round`,
    };
  const others = active.filter(({ channel }) => channel !== grid.channel);
  const [generation] = others;
  if (generation === undefined) return { wiring: "grid", channel: grid.channel };
  const found: WiringFound = { wiring: "type2", channel: grid.channel, generationChannel: generation.channel };
  if (others.length === 1) return found;
  return {
    ...found,
    remark: `channels ${others.map(({ channel }) => channel).join(", ")} are active beside the connection: which one is the generation?`,
  };
}

function recogniseNamed(inputs: NodeSeen["inputs"]): WiringFound {
  return { wiring: inputs.has("solar") ? "type2" : "grid" };
}

/** The power of a channel. */
function powerOf(name: ProfileName, channel: number): string {
  const wired = wire(PROFILES[name], "grid", { channel });
  const power = Array.isArray(wired) ? wired.find(({ meaning }) => meaning.endsWith("W")) : undefined;
  return power?.input ?? "";
}
