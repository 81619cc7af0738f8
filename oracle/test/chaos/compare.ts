import type { Deployment } from "@commonwatt/sdk/deployment";
import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import { createPublicClient, decodeEventLog, http } from "viem";

import type { ExpectedDay } from "./expected.ts";

/** A profile as the chain's log has it, in the meter's unit. */
export type RecordedDay = ExpectedDay & { transaction: string };

/** Everything that was ever recorded of a neighbourhood, and how many profiles of batches were left out or came too late. */
export async function readRecorded(url: string, { neighbourhood }: Deployment, firstDay: number) {
  const client = createPublicClient({ transport: http(url) });
  const logs = await client.getLogs({ address: neighbourhood, fromBlock: 0n, toBlock: "latest" });
  const recorded: RecordedDay[] = [];
  let skipped = 0;
  let tooLate = 0;
  for (const log of logs) {
    const event = decodeEventLog({ abi: neighbourhoodAbi, ...log });
    if (event.eventName === "ProfileSkipped") skipped++;
    if (event.eventName === "ProfileRecordedTooLate") tooLate++;
    if (event.eventName !== "ProfileRecorded") continue;
    const { meter, day, importRegister, exportRegister, quality, intervals } = event.args;
    const lanes = Buffer.from(intervals.slice(2), "hex");
    const indices = Array.from({ length: lanes.length / 4 }, (_, index) => index);
    recorded.push({
      meter,
      day: day - firstDay,
      importRegister: Number(importRegister),
      exportRegister: Number(exportRegister),
      quality: indices.map((index) => Number((quality >> BigInt(2 * index)) & 3n)),
      imports: indices.map((index) => lanes.readUInt16BE(4 * index)),
      exports: indices.map((index) => lanes.readUInt16BE(4 * index + 2)),
      transaction: log.transactionHash,
    });
  }
  return { recorded, skipped, tooLate };
}

/** What differs between what the chain has and what it must have, one line each; nothing when they are the same. */
export function differences(expected: readonly ExpectedDay[], recorded: readonly RecordedDay[]): string[] {
  const keyOf = ({ meter, day }: ExpectedDay) => `meter ${meter}, day ${day}`;
  const found = Map.groupBy(recorded, keyOf);
  const wanted = new Set(expected.map(keyOf));
  const lines = expected.flatMap((day) => {
    const [first, ...more] = found.get(keyOf(day)) ?? [];
    if (first === undefined) return [`${keyOf(day)}: missing on chain`];
    const twice = more.map(({ transaction }) => `${keyOf(day)}: there again, in ${transaction}`);
    return [...twice, ...differ(day, first).map((what) => `${keyOf(day)}: ${what}`)];
  });
  const unwanted = recorded.filter((day) => !wanted.has(keyOf(day)));
  return [...lines, ...unwanted.map((day) => `${keyOf(day)}: on chain, but no acknowledged reading brings it about`)];
}

function differ(expected: ExpectedDay, recorded: ExpectedDay): string[] {
  const registers = (["importRegister", "exportRegister"] as const)
    .filter((name) => expected[name] !== recorded[name])
    .map((name) => `${name} is ${recorded[name]}, expected ${expected[name]}`);
  const vectors = (["quality", "imports", "exports"] as const).flatMap((name) => {
    const wrong = expected[name].flatMap((value, index) => (recorded[name][index] === value ? [] : [index]));
    const [first] = wrong;
    if (first === undefined) return [];
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : "";
    return [`${name}[${first}] is ${recorded[name][first]}, expected ${expected[name][first]}${more}`];
  });
  return [...registers, ...vectors];
}
