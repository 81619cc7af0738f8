import { setTimeout as sleep } from "node:timers/promises";

import type { Scene } from "./scene.ts";

/** What drives the chain: a block a step, and now and then a part of it lost. One thing at a time. */
export type ChainDriver = ReturnType<typeof createChainDriver>;

const RETRY_MS = 50;
const MAX_RETRIES = 600;

export function createChainDriver({ node, proxy }: Pick<Scene, "node" | "proxy">) {
  let nowSeconds = 0;
  let snapshot: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  async function mine(): Promise<void> {
    if ((await node.headSeconds()) < nowSeconds) await node.mineAt(nowSeconds);
  }

  return {
    /** Moves time on, with a block. If the node is killed at that moment, it is asked again when it is back. */
    async mineAt(seconds: number): Promise<void> {
      nowSeconds = seconds;
      for (let tries = 0; ; tries++) {
        try {
          await inTurn(mine);
          return;
        } catch (error) {
          if (tries >= MAX_RETRIES) throw error;
          await sleep(RETRY_MS);
        }
      }
    },
    /** Keeps the chain as it is now, on disk: what a killed node starts again from. */
    save: () => inTurn(() => node.save()),
    /** Remembers the chain as it is now, for a reorganisation. */
    remember: () =>
      inTurn(async () => {
        snapshot = (await node.rpc("evm_snapshot")) as string;
      }),
    /** Ends the node at once. It starts again from what was saved last; its clock then shows the present. */
    async kill(downMs: number): Promise<void> {
      const killed = node.kill();
      await inTurn(async () => {
        await killed;
        await sleep(downMs);
        // Nobody sees the clock of the saved state: it would have gone back.
        proxy.hold();
        await node.start();
        await mine();
        proxy.release();
      });
    },
    /** Replaces all blocks since `remember` by as many and one more, without their transactions. */
    reorganise: (depth: number) =>
      inTurn(async () => {
        if (snapshot === undefined) return;
        proxy.hold();
        if ((await node.rpc("evm_revert", snapshot)) !== true) throw new Error("the node does not go back");
        snapshot = undefined;
        for (let block = depth; block >= 0; block--) await node.mineAt(nowSeconds + 1 - block);
        proxy.release();
      }),
  };
}
