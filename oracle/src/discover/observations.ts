import type { Decoded } from "../intake/intake.ts";
import { unknownFrame } from "../sources/decode/radio.ts";
import type { RefusalReason } from "../sources/message.ts";

/** What was heard of one input: enough to tell a counter from a power, in a handful of numbers. */
export type InputSeen = {
  count: number;
  first: number;
  last: number;
  min: number;
  max: number;
  /** How often it was higher, or lower, than the time before. */
  rises: number;
  falls: number;
};

export type NodeSeen = {
  messages: number;
  /** Messages that brought their own time. */
  timed: number;
  /** Most inputs in one message. */
  widest: number;
  /** Ways it came in, at most MAX_SOURCES. */
  sources: Set<string>;
  inputs: Map<string, InputSeen>;
  /** Inputs beyond those that there is room for. */
  more: boolean;
};

/** Radio frames of a node that the config does not know: their lengths. */
export type FrameSeen = { count: number; bytes: Set<number> };

export type Observations = {
  nodes: Map<string, NodeSeen>;
  frames: Map<number, FrameSeen>;
  refused: Map<RefusalReason, { count: number; example: string }>;
  messages: number;
  /** Messages of nodes beyond those that there is room for. */
  strangers: number;
};

const MAX_NODES = 1_000;
const MAX_INPUTS = 64;
const MAX_SOURCES = 4;
const MAX_LENGTHS = 4;

export function createObservations(): Observations {
  return { nodes: new Map(), frames: new Map(), refused: new Map(), messages: 0, strangers: 0 };
}

/** Adds what was decoded. However long it listens and to however many names, it keeps a bounded amount. */
export function observe(seen: Observations, { messages, refusals }: Decoded): void {
  for (const { node, timeMs, values, source } of messages) {
    seen.messages++;
    const place = seen.nodes.get(node) ?? (seen.nodes.size < MAX_NODES ? newNode() : undefined);
    if (place === undefined) {
      seen.strangers++;
      continue;
    }
    seen.nodes.set(node, place);
    place.messages++;
    if (timeMs !== undefined) place.timed++;
    place.widest = Math.max(place.widest, values.size);
    if (source !== undefined && place.sources.size < MAX_SOURCES) place.sources.add(source);
    for (const [input, value] of values) observeInput(place, input, value);
  }
  for (const refusal of refusals) {
    const entry = seen.refused.get(refusal.reason);
    const example = `${refusal.node}${refusal.input === undefined ? "" : `/${refusal.input}`}: ${refusal.detail}`;
    seen.refused.set(refusal.reason, { count: (entry?.count ?? 0) + 1, example: entry?.example ?? example });
    const frame = unknownFrame(refusal);
    if (frame !== undefined) observeFrame(seen, frame);
  }
}

function newNode(): NodeSeen {
  return { messages: 0, timed: 0, widest: 0, sources: new Set(), inputs: new Map(), more: false };
}

function observeInput(node: NodeSeen, input: string, value: number): void {
  const before = node.inputs.get(input);
  if (before === undefined) {
    if (node.inputs.size >= MAX_INPUTS) node.more = true;
    else node.inputs.set(input, { count: 1, first: value, last: value, min: value, max: value, rises: 0, falls: 0 });
    return;
  }
  before.count++;
  if (value > before.last) before.rises++;
  if (value < before.last) before.falls++;
  before.last = value;
  before.min = Math.min(before.min, value);
  before.max = Math.max(before.max, value);
}

function observeFrame({ frames }: Observations, { nodeId, bytes }: { nodeId: number; bytes: number }): void {
  const frame = frames.get(nodeId) ?? { count: 0, bytes: new Set<number>() };
  frame.count++;
  if (frame.bytes.size < MAX_LENGTHS) frame.bytes.add(bytes);
  // The number comes from one byte of the frame, so there are 256 of them at most.
  frames.set(nodeId, frame);
}
