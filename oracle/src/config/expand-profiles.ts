import { PROFILES } from "../devices/profiles.ts";
import { wire } from "../devices/wire.ts";
import { BILLING_MEANINGS } from "./check-meters.ts";
import type { Config, MeterConfig, MeterInput, NodeConfig } from "./schema.ts";

/** A config whose meters all have inputs and whose nodes all have names, and a line per problem on the way there. */
export type Expanded = { config: Config; problems: string[] };

/** Puts the inputs of ready profiles where a meter or node only names its profile. What is written out explicitly stays. */
export function expandProfiles(config: Config): Expanded {
  const problems: string[] = [];
  const meters = config.meters.map((meter, index) => expandMeter(meter, `meters[${index}]`, problems));
  const nodes = config.nodes.map((node, index) => expandNode(node, `nodes[${index}]`, problems));
  return { config: { ...config, meters, nodes }, problems };
}

function expandMeter(meter: MeterConfig, place: string, problems: string[]): MeterConfig {
  const { profile: name, wiring, inputs, fuseWatts } = meter;
  if (name === undefined) {
    for (const key of ["wiring", "channel", "generationChannel"] as const) {
      if (meter[key] !== undefined) problems.push(`${place}.${key}: ${meter[key]}, expected only beside a profile`);
    }
    if (inputs.length === 0) problems.push(`${place}.inputs: missing, expected inputs or a profile`);
    return meter;
  }
  const profile = PROFILES[name];
  const wired = wire(profile, wiring, meter);
  if ("key" in wired) {
    problems.push(`${place}.${wired.key}: ${wired.problem}, for the profile ${name}`);
    return meter;
  }
  const all = merge(wired, inputs);
  const { mostWatts = Infinity } = profile;
  if (fuseWatts > mostWatts && all.some(({ meaning }) => meaning === "netPowerW")) {
    problems.push(
      `${place}.fuseWatts: ${fuseWatts}, expected at most ${mostWatts} with the profile ${name}: ` +
        "its powers are 16 bits wide and stand still beyond, and it has no counter",
    );
  }
  return { ...meter, inputs: all };
}

/** Explicit inputs replace those of the same name, and a billing one replaces every way the profile would bill by. */
function merge(wired: readonly MeterInput[], explicit: readonly MeterInput[]): MeterInput[] {
  const names = new Set(explicit.map(({ input }) => input));
  const bills = explicit.some(({ meaning }) => BILLING_MEANINGS.includes(meaning));
  const kept = wired.filter(
    ({ input, meaning }) => !names.has(input) && !(bills && BILLING_MEANINGS.includes(meaning)),
  );
  return [...kept, ...explicit];
}

function expandNode(node: NodeConfig, place: string, problems: string[]): NodeConfig {
  if (node.profile === undefined) {
    if (node.names.length === 0) problems.push(`${place}.names: missing, expected names or a profile`);
    return node;
  }
  if (node.names.length > 0)
    problems.push(`${place}.names: given beside the profile ${node.profile}, expected one of the two`);
  const { frame } = PROFILES[node.profile];
  if (frame === undefined) {
    const radios = Object.entries(PROFILES).filter(([, profile]) => profile.frame !== undefined);
    const known = radios.map(([name]) => name).join(", ");
    problems.push(`${place}.profile: ${node.profile}, expected one with a radio: ${known}`);
    return node;
  }
  return { ...node, ...frame };
}
