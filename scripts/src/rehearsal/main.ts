/** `npm run rehearsal`: see options.ts and docs/operations.md. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { parseEther } from "viem";

import { describeError } from "../errors.ts";
import { Crew } from "../run/crew.ts";
import { LocalChain } from "../run/local-chain.ts";
import { untilInterrupted } from "../run/until-interrupted.ts";
import { passFirstDay } from "./first-day.ts";
import { HELP, parseRehearsalOptions, type RehearsalOptions } from "./options.ts";
import { oracleNow, seenAccounts, seenConfig, seenDeployment, seenLinks } from "./oracle-folder.ts";
import { isRegistered, signConsent, startSharing } from "./owners.ts";

const LOOK_MS = 500;
const ACCOUNTS = 32;
function say(line: string): void {
  console.log(line);
}

async function rehearse({ folder, port }: RehearsalOptions, signal: AbortSignal): Promise<number> {
  const journal = mkdtempSync(join(tmpdir(), "commonwatt-rehearsal-"));
  const crew = new Crew();
  try {
    const startSeconds = Math.floor(Date.now() / 1000);
    const chain = await LocalChain.start(
      { startSeconds, accounts: ACCOUNTS, folder: journal, port },
      (child) => {
        crew.add(child);
      },
      signal,
    );
    say(`The chain listens at ${chain.rpcUrl}. Go on with the next command.`);
    await crew.orLost(play(chain, folder, signal));
    return 0;
  } finally {
    await crew.stop();
    rmSync(journal, { recursive: true, force: true });
  }
}

/** Looks at what the operator has done, and does what the others do then. */
async function play(chain: LocalChain, folder: string, signal: AbortSignal): Promise<void> {
  const funded = new Set<string>();
  const answered = new Set<string>();
  const sharing = new Set<number>();
  let isOver = false;
  for (;;) {
    await sleep(LOOK_MS, undefined, { signal });
    for (const address of seenAccounts(folder).filter((account) => !funded.has(account))) {
      await chain.fund(address, parseEther("100"));
      funded.add(address);
      say(`${address} gets some of the chain's coin.`);
    }
    const [config, deployment] = [seenConfig(folder), seenDeployment(folder)];
    if (config === undefined || deployment === undefined || isOver) continue;
    for (const link of seenLinks(folder).filter((entry) => !answered.has(entry))) {
      answered.add(link);
      say(`The owner of meter ${await signConsent(link, deployment, config)} opens the link, reads, and signs.`);
    }
    for (const { meter } of config.meters) {
      if (sharing.has(meter) || !(await isRegistered(chain, deployment, meter))) continue;
      await startSharing(chain, deployment, meter);
      sharing.add(meter);
      say(`The owner of meter ${meter} pays in, and shares from tomorrow on.`);
    }
    const isReady = config.meters.length > 0 && config.meters.every(({ meter }) => sharing.has(meter));
    if (!isReady || (await oracleNow(config)) === undefined) continue;
    say("The oracle runs and all owners share: the gateways begin to post, and the days to pass.");
    await passFirstDay({ chain, folder, config, say, signal });
    isOver = true;
    say("The rehearsal is over. Look around; Ctrl-C ends the chain, and with it everything on it.");
  }
}

try {
  const options = parseRehearsalOptions(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else process.exitCode = await untilInterrupted((signal) => rehearse(options, signal));
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
