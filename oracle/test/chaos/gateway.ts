import type { Outage } from "./plan.ts";
import type { Sender } from "./senders.ts";

export type GatewayParts = {
  node: string;
  sender: Sender;
  /** What it sends for a step. */
  payload: (step: number) => string;
  outages: readonly Outage[];
  /** Called for every message that leaves, and every acknowledgement that comes. */
  onEvent: () => void;
};

/** A meter's gateway: sends a reading a step, one after the other, each until it is acknowledged. */
export type Gateway = ReturnType<typeof createGateway>;

/** Readings that it sends again when the broker may have forgotten what it acknowledged. */
const RESENT_STEPS = 4;

export function createGateway({ node, sender, payload, outages, onEvent }: GatewayParts) {
  const queue: number[] = [];
  const acknowledged: number[] = [];
  let resend: number[] = [];
  let isAway = false;
  let sessions = 0;
  let resent = 0;
  /** Nothing is sent before this. */
  let held: Promise<unknown> | undefined;
  const state = { closed: false };

  /** Whether it was acknowledged, in the session in which it was sent. */
  async function publish(step: number): Promise<boolean> {
    await held;
    const session = sessions;
    onEvent();
    const isSent = await sender.send(node, payload(step)).then(
      () => session === sessions,
      () => false,
    );
    onEvent();
    return isSent;
  }

  async function sendAll(): Promise<void> {
    while (!state.closed) {
      const again = resend[0];
      const next = again ?? queue[0];
      if (next === undefined) return;
      if (!(await publish(next))) continue;
      if (again === undefined) {
        queue.shift();
        acknowledged.push(next);
      } else {
        resend.shift();
        resent++;
      }
    }
  }

  return {
    /** Takes the reading of a step, and sends whatever it has. Resolves when all of that is acknowledged. */
    async step(step: number): Promise<void> {
      const outage = outages.find(({ from, steps }) => step >= from && step < from + steps);
      if (outage === undefined || outage.keeps) queue.push(step);
      isAway = outage !== undefined;
      if (!isAway) await sendAll();
    },
    /** Sends again at once what the end of the broker may have cost. */
    async catchUp(): Promise<void> {
      if (!isAway) await sendAll();
    },
    /**
     * Gives up its session, because the broker was killed and may have forgotten what it acknowledged: opens a new one
     * and sends its last readings again, in order, before anything else.
     *
     * @param until - Nothing is sent before this resolves.
     */
    startOver(until?: Promise<unknown>): void {
      held = until;
      sessions++;
      resend = acknowledged.slice(-RESENT_STEPS);
      sender.startOver();
    },
    /** Steps whose reading was acknowledged, in order. */
    acknowledged: (): readonly number[] => acknowledged,
    /** Readings that were sent again although they had been acknowledged. */
    resent: () => resent,
    async close(): Promise<void> {
      state.closed = true;
      await sender.close();
    },
  };
}
