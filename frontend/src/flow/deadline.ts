import { LOCAL_CHAIN_ID } from "../chain/demo-connector.ts";

const GOOD_FOR_SECONDS = 1_800;
/** A day in ten seconds, the shortest that the demo plays: what a local chain may do before its speed is known. */
const FASTEST_LOCAL_SPEED = 8_640;

/**
 * Until when a signature should be good: half an hour of the reader's time. On a simulated chain that is a long time.
 *
 * @param now - Unix seconds of the newest block.
 * @param speed - Chain seconds per second of the wall, if known.
 */
export function deadlineFrom(now: number, speed: number | undefined, chainId: number): bigint {
  const assumed = chainId === LOCAL_CHAIN_ID ? FASTEST_LOCAL_SPEED : 1;
  return BigInt(Math.ceil(now + GOOD_FOR_SECONDS * Math.max(1, speed ?? assumed)));
}
