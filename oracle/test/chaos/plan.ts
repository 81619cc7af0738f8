import { STEPS_PER_DAY } from "./meters.ts";
import type { Options } from "./options.ts";
import { createRandom, type Random } from "./random.ts";

export type Target = "oracle" | "signer" | "database" | "broker" | "chain";

/** How a node can fail to answer, for a while. */
export const RPC_FAULTS = [
  "hang",
  "drop-reply",
  "http-error",
  "rpc-error",
  "garbage",
  "nonce-ahead",
  "nonce-behind",
] as const;
export type RpcFault = (typeof RPC_FAULTS)[number];

/** Something that goes wrong in a step, after so many more events of the stream: messages, blocks, requests. */
export type Mishap = { step: number; events: number } & (
  | { kind: "kill"; target: Exclude<Target, "chain">; downMs: number }
  /** What happened since `depth` steps before is lost. */
  | { kind: "kill"; target: "chain"; downMs: number; depth: number }
  /** The last `depth` blocks are replaced by others, without their transactions. */
  | { kind: "reorg"; depth: number }
  | { kind: "rpc"; fault: RpcFault; requests: number }
  | { kind: "disk-full"; forMs: number }
  /** One oracle process and the database hear nothing of each other for a while. */
  | { kind: "partition"; oracle: number; forMs: number }
  /** One process after the other is ended in order and started again. */
  | { kind: "rolling-restart" }
);

/** Steps in which a gateway reaches nobody. What it reads meanwhile it keeps and sends afterwards, or gives up. */
export type Outage = { from: number; steps: number; keeps: boolean };

export type Plan = { mishaps: Mishap[]; outages: Outage[][] };

/** Less than `timing.confirmations`: what is deeper must stand. */
export const DEEPEST_REORG = 10;
/** Something of the chain's own goes wrong at most once in so many steps, so that no loss reaches beyond another's. */
const CHAIN_SLOT_STEPS = 2 * DEEPEST_REORG + 2;
/** Longer than the silence after which the others take over. */
const LONGEST_PARTITION_MS = 5_000;
/** How often a gateway is cut off, and how long at most: less than the grace for which a day waits. */
const STEPS_BETWEEN_OUTAGES = 150;
const LONGEST_OUTAGE_STEPS = 12;
/** Once in a run, some gateways are away for more than a day. */
const LONG_OUTAGE_STEPS = 130;

export type PlanOptions = Pick<Options, "seed" | "days" | "meters" | "kills" | "database" | "broker" | "oracles">;

/** Everything that will go wrong, decided by the seed before anything begins. */
export function makePlan(options: PlanOptions): Plan {
  const steps = options.days * STEPS_PER_DAY;
  const random = createRandom(options.seed, "mishaps");
  const slots = shuffled(random, Math.floor((steps - CHAIN_SLOT_STEPS) / CHAIN_SLOT_STEPS));
  const chainStep = () => {
    const slot = slots.pop();
    return slot === undefined
      ? undefined
      : (slot + 1) * CHAIN_SLOT_STEPS + random.int(0, CHAIN_SLOT_STEPS - DEEPEST_REORG - 2);
  };
  const targets: Target[] = ["oracle", "oracle", "oracle", "signer", "chain"];
  if (options.database === "postgres") targets.push("database");
  if (options.broker === "mosquitto") targets.push("broker");
  const anywhere = () => ({ step: random.int(1, steps - 1), events: random.int(0, 120) });

  const mishaps: Mishap[] = [];
  for (let index = 0; index < options.kills; index++) {
    const target = random.pick(targets);
    const downMs = random.int(0, 400);
    const step = target === "chain" ? chainStep() : undefined;
    if (target === "chain" && step !== undefined) {
      const depth = random.int(1, DEEPEST_REORG);
      mishaps.push({ kind: "kill", target, downMs, depth, step, events: random.int(0, 120) });
    } else {
      // Where the month has no room for another one of the chain's, the oracle itself takes it.
      mishaps.push({ kind: "kill", target: target === "chain" ? "oracle" : target, downMs, ...anywhere() });
    }
  }
  for (let index = 0; index < Math.ceil(options.days / 3); index++) {
    const step = chainStep();
    if (step !== undefined)
      mishaps.push({
        kind: "reorg",
        depth: index === 0 ? DEEPEST_REORG : random.int(1, DEEPEST_REORG),
        step,
        events: 0,
      });
  }
  for (let index = 0; index < 2 * options.days; index++) {
    mishaps.push({ kind: "rpc", fault: random.pick(RPC_FAULTS), requests: random.int(3, 25), ...anywhere() });
  }
  for (let index = 0; index < Math.ceil(options.days / 5); index++) {
    mishaps.push({ kind: "disk-full", forMs: random.int(200, 1_000), ...anywhere() });
  }
  if (options.oracles > 1) {
    for (let index = 0; index < Math.ceil(options.days / 2); index++) {
      const oracle = random.int(0, options.oracles - 1);
      mishaps.push({ kind: "partition", oracle, forMs: random.int(200, LONGEST_PARTITION_MS), ...anywhere() });
      mishaps.push({ kind: "rolling-restart", ...anywhere() });
    }
  }
  mishaps.sort((a, b) => a.step - b.step);
  const outages = Array.from({ length: options.meters }, (_, index) =>
    makeOutages(createRandom(options.seed, `gateway ${index}`), steps, index % 7 === 3),
  );
  return { mishaps, outages };
}

function makeOutages(random: Random, steps: number, long: boolean): Outage[] {
  const outages: Outage[] = [];
  let next = random.int(1, STEPS_BETWEEN_OUTAGES);
  let longAt = long ? random.int(steps / 4, steps / 2) : Infinity;
  while (next < steps) {
    const isLong = next > longAt;
    if (isLong) longAt = Infinity;
    const length = isLong ? LONG_OUTAGE_STEPS : random.int(1, LONGEST_OUTAGE_STEPS);
    // The reading at the very end must come, or the last day would be decided by the grace.
    if (next + length >= steps) break;
    outages.push({ from: next, steps: length, keeps: !isLong && random.chance(0.5) });
    // With pauses of at least the longest outage the grace of a day never runs out within a short one.
    next += length + LONGEST_OUTAGE_STEPS + random.int(1, STEPS_BETWEEN_OUTAGES);
  }
  return outages;
}

function shuffled(random: Random, count: number): number[] {
  const numbers = Array.from({ length: Math.max(count, 0) }, (_, index) => index);
  for (let index = numbers.length - 1; index > 0; index--) {
    const other = random.int(0, index);
    [numbers[index], numbers[other]] = [numbers[other] ?? 0, numbers[index] ?? 0];
  }
  return numbers;
}
