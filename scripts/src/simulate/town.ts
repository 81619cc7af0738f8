import { dayEnd, dayOf, dayStart, day as toDay, isoDay } from "@commonwatt/sdk/time";

import { accountsFor } from "../run/accounts.ts";
import { Crew } from "../run/crew.ts";
import { createRunFolder, keepRunFolder, removeRunFolder } from "../run/folder.ts";
import { LocalChain } from "../run/local-chain.ts";
import { type NeighbourhoodFigures, startNeighbourhood } from "./neighbourhood.ts";
import type { SimulateOptions } from "./options.ts";
import { settleAll } from "./settle-all.ts";

const START_DAY = toDay(20_600);
/** The clock stops so long before midnight for the first messages, and begins so long before it: each transaction takes a second. */
const FIRST_MESSAGES_SECONDS = 600;
const ENROLMENT_SECONDS = 80_000;

/**
 * Plays neighbourhoods on one chain, some at a time. Those that come later play later days: there is one clock.
 *
 * @throws Error when a part fails; nothing is left running.
 */
export async function simulateTown(
  options: SimulateOptions,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<NeighbourhoodFigures[]> {
  const folder = await createRunFolder();
  const crew = new Crew();
  let failed = true;
  try {
    const figures = await crew.orLost(play(options, { folder, crew, progress, signal }));
    failed = false;
    return figures;
  } finally {
    await crew.stop();
    if (options.keep || (failed && !signal.aborted)) {
      await keepRunFolder(folder);
      progress(`Kept ${folder}.`);
    } else await removeRunFolder(folder);
  }
}

type Scene = { folder: string; crew: Crew; progress: (line: string) => void; signal: AbortSignal };

async function play(options: SimulateOptions, scene: Scene): Promise<NeighbourhoodFigures[]> {
  const { folder, crew, progress, signal } = scene;
  const startSeconds = dayStart(START_DAY) - ENROLMENT_SECONDS;
  const chain = await LocalChain.start(
    { startSeconds, accounts: accountsFor(0), folder },
    (child) => {
      crew.add(child);
    },
    signal,
  );
  const figures: NeighbourhoodFigures[] = [];
  for (let first = 0; first < options.neighbourhoods; first += options.atATime) {
    const indices = Array.from(
      { length: Math.min(options.atATime, options.neighbourhoods - first) },
      (_, offset) => first + offset,
    );
    figures.push(...(await playTogether(indices, chain, options, scene)));
    progress(`${figures.length} of ${options.neighbourhoods} neighbourhoods are through.`);
  }
  return figures;
}

/** Some neighbourhoods at the same time, from their deployment to the end of their oracles. */
async function playTogether(
  indices: readonly number[],
  chain: LocalChain,
  options: SimulateOptions,
  { folder, crew, progress, signal }: Scene,
): Promise<NeighbourhoodFigures[]> {
  // The first day is the one after tomorrow's beginning at the earliest: who shares is enrolled the day before.
  const firstDay = toDay(dayOf((await chain.now()) + ENROLMENT_SECONDS - 1) + 1);
  await chain.advanceTo(dayStart(firstDay) - ENROLMENT_SECONDS);
  const names = `neighbourhood ${indices.map((index) => index + 1).join(", ")}`;
  const running = [];
  for (const index of indices) {
    const meters = metersOf(index, options);
    progress(`Enrolling the ${meters} meters of neighbourhood ${index + 1} ...`);
    running.push(
      await startNeighbourhood({ index, meters, days: options.days, firstDay, chain, folder, crew, signal }),
    );
    const before = (await chain.now()) - (dayStart(firstDay) - FIRST_MESSAGES_SECONDS);
    if (before > 0) throw new Error(`The enrolment of ${names} took a day: ask for fewer at a time (--at-a-time).`);
  }
  await chain.advanceTo(dayStart(firstDay) - FIRST_MESSAGES_SECONDS);
  await Promise.all(running.map((each) => each.publishFirst(firstDay)));
  const boards = running.map(({ boardUrl }) => boardUrl);
  for (let count = 0; count < options.days; count++) {
    const day = toDay(firstDay + count);
    await chain.advanceTo(dayEnd(day) + 1);
    await Promise.all(running.map((each) => each.publishDay(day)));
    progress(`${isoDay(day)} of ${names}: all messages are taken, settling ...`);
    await settleAll(day, boards, { chain, signal });
    progress(`${isoDay(day)} of ${names} is settled.`);
  }
  const last = await chain.client.getBlockNumber();
  return Promise.all(running.map((each) => each.finish(last)));
}

/** The meters shared out evenly: the first neighbourhoods have one more. */
function metersOf(index: number, { meters, neighbourhoods }: SimulateOptions): number {
  return Math.floor(meters / neighbourhoods) + (index < meters % neighbourhoods ? 1 : 0);
}
