import type { Meaning, MeterConfig, MeterInput } from "../config/schema.ts";
import type { ProfileName, Wiring } from "../devices/profile.ts";
import { PROFILES } from "../devices/profiles.ts";
import { CODE_BYTES } from "../sources/decode/struct.ts";
import { classify, type InputKind } from "./classify.ts";
import type { FrameSeen, InputSeen, NodeSeen, Observations } from "./observations.ts";
import { recogniseProfile, recogniseWiring } from "./recognise.ts";

/** A meter of the config, as far as listening tells. */
export type ProposedMeter = {
  meter: number;
  node: string;
  fuseWatts: number;
  profile?: ProfileName;
  wiring?: Wiring;
  channel?: number;
  generationChannel?: number;
  inputs?: MeterInput[];
};
export type ProposedNode = { id: number; name: string; profile?: ProfileName };

/** What is said of one node that was heard. */
export type Finding = {
  node: string;
  sources: string[];
  messages: number;
  inputs: { input: string; kind: InputKind; last: number }[];
  /** Whether the config has it already. */
  known: boolean;
  /** What cannot be billed and why, and what its owner has to decide. */
  remarks: string[];
};

export type Proposal = { meters: ProposedMeter[]; nodes: ProposedNode[]; findings: Finding[]; remarks: string[] };

/** A connection of 25 A at three phases: nothing that is heard tells the real one. */
const FUSE_WATTS = 17_250;
const LEAST_VOLTS = 50;

/** Proposes the config of what was heard. Pure: the same observations give the same proposal. */
export function propose(seen: Observations, configured: readonly Pick<MeterConfig, "meter" | "node">[]): Proposal {
  const known = new Set(configured.map(({ node }) => node));
  let nextMeter = Math.max(0, ...configured.map(({ meter }) => meter)) + 1;
  const meters: ProposedMeter[] = [];
  const findings: Finding[] = [];
  for (const [node, place] of [...seen.nodes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { remarks, proposed } = judge(node, place);
    if (proposed !== undefined && !known.has(node))
      meters.push({ meter: nextMeter++, node, fuseWatts: FUSE_WATTS, ...proposed });
    findings.push({
      node,
      sources: [...place.sources],
      messages: place.messages,
      inputs: [...place.inputs].map(([input, values]) => ({ input, kind: classify(input, values), last: values.last })),
      known: known.has(node),
      remarks,
    });
  }
  const nodes = [...seen.frames].map(([id, frame]) => proposeNode(id, frame));
  return {
    meters,
    nodes: nodes.map(({ node }) => node),
    findings,
    remarks: [...nodes.flatMap(({ remark }) => remark), ...general(seen, meters)],
  };
}

type Judgement = { proposed?: Omit<ProposedMeter, "meter" | "node" | "fuseWatts">; remarks: string[] };

function judge(node: string, place: NodeSeen): Judgement {
  const remarks: string[] = [];
  if (place.sources.size > 1)
    remarks.push(`comes from ${[...place.sources].join(" and ")}: an input is taken from one source at a time`);
  if (place.more) remarks.push("has more inputs than were looked at");
  const voltage = [...place.inputs].find(([input]) => /^v(rms)?1?$/iu.test(input))?.[1];
  if (voltage !== undefined && voltage.max < LEAST_VOLTS) {
    remarks.push(
      `cannot be billed: it shows ${voltage.last} V, so it has no AC voltage sensing, its power is apparent and without a sign, and export looks like import`,
    );
    return { remarks };
  }
  const profile = recogniseProfile(node, place);
  if (profile === undefined) return judgeStranger(place, remarks);
  const { remark, ...wiring } = recogniseWiring(profile, place);
  if (remark !== undefined) remarks.push(remark);
  if (place.widest === 1 && PROFILES[profile].wirings.type1 !== undefined)
    remarks.push(
      "sends every input in a message of its own: fine for one channel; the wirings type1 and threePhase need JSON or HTTP, where a message has all",
    );
  return { proposed: { profile, ...wiring }, remarks };
}

/** A node that is no known device: its counters before its powers. */
function judgeStranger({ inputs }: NodeSeen, remarks: string[]): Judgement {
  const kinds = [...inputs].map(([input, seen]) => ({ input, seen, kind: classify(input, seen) }));
  const wrong = kinds.filter(({ kind }) => kind === "wrongUnit").map(({ input }) => input);
  if (wrong.length > 0)
    remarks.push(`${wrong.join(", ")} looks like kWh: counters must be Wh, so have the sender scale it`);
  const net = kinds.filter(({ kind }) => kind === "netCounter");
  const rising = kinds.filter(({ kind }) => kind === "counter");
  const powers = kinds.filter(({ kind }) => kind === "power");
  const signed = powers.filter(({ seen }) => seen.min < 0);
  const as = (meaning: Meaning, entries: readonly { input: string; seen: InputSeen }[]) =>
    entries.slice(0, 1).map(({ input }): MeterInput => ({ input, meaning }));
  if (net.length > 0)
    return {
      proposed: { inputs: [...as("netWh", net), ...as("checkPowerW", signed)] },
      remarks: several(net, remarks),
    };
  if (rising.length > 0) {
    const exported = rising.filter(({ input }) => /export|return|feed/iu.test(input));
    const imported = rising.filter((entry) => !exported.includes(entry));
    const found = [...as("importWh", imported), ...as("exportWh", exported)];
    if (exported.length === 0)
      remarks.push("its counter only rose: if it can fall where the house exports, its meaning is netWh");
    return { proposed: { inputs: found }, remarks: several(imported, remarks) };
  }
  if (signed.length > 0) return { proposed: { inputs: as("netPowerW", signed) }, remarks: several(signed, remarks) };
  if (powers.length > 0)
    remarks.push(
      `${powers.map(({ input }) => input).join(", ")} was never negative: it is the connection only if the house exported nothing meanwhile; otherwise a load, a generation, or apparent power`,
    );
  else remarks.push("has no energy and no power: nothing to bill");
  return { remarks };
}

function several(candidates: readonly { input: string }[], remarks: string[]): string[] {
  if (candidates.length <= 1) return remarks;
  return [
    ...remarks,
    `${candidates.map(({ input }) => input).join(", ")} are alike: the first was taken, check which is at the connection`,
  ];
}

function proposeNode(id: number, { bytes }: FrameSeen): { node: ProposedNode; remark: string[] } {
  const fits = (Object.keys(PROFILES) as ProfileName[]).filter((name) => {
    const { frame } = PROFILES[name];
    return frame !== undefined && bytes.has([frame.codes].flat().reduce((sum, code) => sum + CODE_BYTES[code], 0));
  });
  const usual = fits.filter((name) => PROFILES[name].usualIds?.includes(id));
  const [profile, ...others] = usual.length === 1 ? usual : fits;
  const place = `radio node ${id} sends frames of ${[...bytes].join(", ")} bytes`;
  // The wrong layout would decode to numbers that look right: better none than a guess.
  if (others.length > 0)
    return { node: { id, name: `node${id}` }, remark: [`${place}: set its profile to ${fits.join(" or ")}`] };
  const remark =
    profile === undefined ? [`${place}: no ready profile has them, so give it names, codes and scales`] : [];
  return { node: { id, name: `node${id}`, ...(profile === undefined ? {} : { profile }) }, remark };
}

function general(seen: Observations, meters: readonly ProposedMeter[]): string[] {
  const remarks: string[] = [];
  if (meters.length > 0) remarks.push("fuseWatts cannot be heard: set it to what each connection carries at most");
  if (seen.strangers > 0) remarks.push(`${seen.strangers} messages came from more nodes than there was room for`);
  for (const [reason, { count, example }] of seen.refused) {
    if (reason !== "unknown-node") remarks.push(`refused ${count} times as ${reason}, such as ${example}`);
  }
  return remarks;
}
