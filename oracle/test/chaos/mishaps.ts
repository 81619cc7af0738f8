import { setTimeout as sleep } from "node:timers/promises";

import type { ChainDriver } from "./chain-driver.ts";
import type { Gateway } from "./gateway.ts";
import type { Mishap } from "./plan.ts";
import type { Scene } from "./scene.ts";

const LOOK_MS = 20;
const FINAL_KILL: Mishap = { kind: "kill", target: "oracle", downMs: 0, step: 0, events: 0 };

/** Carries out what the plan says, and counts what was really struck. */
export type Mishaps = ReturnType<typeof createMishaps>;

export function createMishaps(scene: Scene, chain: ChainDriver, gateways: readonly Gateway[]) {
  const struck = new Map<string, number>();
  const under = new Set<Promise<void>>();
  let waitingForSigner = 0;
  const watch = setInterval(() => {
    if (waitingForSigner > 0 && scene.oracle.killSigner()) {
      waitingForSigner--;
      count("kill signer");
    }
  }, LOOK_MS);
  watch.unref();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);

  function count(what: string): void {
    struck.set(what, (struck.get(what) ?? 0) + 1);
  }

  async function strike(mishap: Mishap): Promise<void> {
    const { oracle, postgres, disk, proxy } = scene;
    switch (mishap.kind) {
      case "rpc":
        proxy.fail(mishap.fault, mishap.requests);
        count(`rpc ${mishap.fault}`);
        return;
      case "reorg":
        await chain.reorganise(mishap.depth);
        count(`reorg of ${mishap.depth}`);
        return;
      case "disk-full":
        if (disk === undefined) return;
        disk.fill();
        await sleep(mishap.forMs);
        disk.free();
        count("disk full");
        return;
      case "partition":
        scene.databaseProxies[mishap.oracle]?.hold();
        await sleep(mishap.forMs);
        scene.databaseProxies[mishap.oracle]?.release();
        count("partition");
        return;
      case "rolling-restart":
        await oracle.rollingRestart();
        count("rolling restart");
        return;
      case "kill":
        if (mishap.target === "chain") {
          await chain.kill(mishap.downMs);
        } else if (mishap.target === "oracle") {
          await eventually(mishap.target, () => oracle.kill(mishap.downMs));
        } else if (mishap.target === "signer") {
          // It runs when there is something to sign: where there is none to kill, the next one will be.
          waitingForSigner++;
          return;
        } else if (mishap.target === "database") {
          await postgres?.kill();
          await sleep(mishap.downMs);
          await postgres?.start();
        } else {
          await killBroker(mishap.downMs);
        }
        count(`kill ${mishap.target}`);
    }
  }

  /** What mosquitto forgets when it is killed: what it acknowledged last, and a shared subscription, until that is made again. */
  async function killBroker(downMs: number): Promise<void> {
    const { oracle, mosquitto } = scene;
    const back = Promise.withResolvers<undefined>();
    await mosquitto?.kill();
    const before = oracle.subscriptions();
    for (const gateway of gateways) gateway.startOver(scene.databaseProxies.length > 1 ? back.promise : undefined);
    await sleep(downMs);
    await mosquitto?.start();
    if (scene.databaseProxies.length > 1) {
      await eventually("subscription", () => oracle.subscriptions() > before);
      back.resolve(undefined);
    }
  }

  return {
    strike(mishap: Mishap): void {
      const done = strike(mishap)
        .catch((error: unknown) => {
          failed.reject(error);
        })
        .finally(() => under.delete(done));
      under.add(done);
    },
    /** Resolves when nothing is under way. */
    async settled(): Promise<void> {
      await Promise.all(under);
    },
    /** Ends the oracle once for every signer that did not come any more. */
    async finish(): Promise<void> {
      clearInterval(watch);
      for (; waitingForSigner > 0; waitingForSigner--) await strike(FINAL_KILL);
    },
    failed: failed.promise,
    struck: (): Record<string, number> => Object.fromEntries([...struck].toSorted(([a], [b]) => a.localeCompare(b))),
    kills: () =>
      [...struck].filter(([what]) => what.startsWith("kill ")).reduce((total, [, times]) => total + times, 0),
  };
}

/** A process that is just starting again cannot be killed yet: a moment later it can. */
async function eventually(what: string, attempt: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!attempt()) {
    if (performance.now() > deadline) throw new Error(`there was no ${what} to kill for 60 s`);
    await sleep(25);
  }
}
