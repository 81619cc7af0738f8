import { connect, type MqttClient } from "mqtt";

import type { Outage } from "./plan.ts";

export type GatewayParts = {
  node: string;
  qos: 1 | 2;
  /** What it publishes for a step. */
  payload: (step: number) => string;
  outages: readonly Outage[];
  /** Called for every message that leaves, and every acknowledgement that comes. */
  onEvent: () => void;
};

/** A meter's gateway: sends a reading a step, one after the other, each until it is acknowledged. */
export type Gateway = ReturnType<typeof createGateway>;

const RECONNECT_MS = 100;
/** Readings that it sends again when the broker may have forgotten what it acknowledged. */
const RESENT_STEPS = 4;

export function createGateway(url: string, { node, qos, payload, outages, onEvent }: GatewayParts) {
  let client: MqttClient | undefined;
  let broken = Promise.withResolvers<"broken">();
  const queue: number[] = [];
  let resend: number[] = [];
  const acknowledged: number[] = [];
  const counts = { connections: 0, resent: 0 };

  function open(): MqttClient {
    if (client !== undefined) return client;
    const options = { clientId: `gateway-${node}`, clean: false, reconnectPeriod: RECONNECT_MS, connectTimeout: 2_000 };
    client = connect(url, options);
    client.on("error", () => undefined);
    client.on("connect", () => counts.connections++);
    return client;
  }

  /** Whether it was acknowledged. The client itself sends it again as long as the connection is only interrupted. */
  async function publish(step: number): Promise<boolean> {
    onEvent();
    const sent = open().publishAsync(`emon/${node}`, payload(step), { qos });
    sent.catch(() => undefined);
    const outcome = await Promise.race([sent, broken.promise]);
    onEvent();
    return outcome !== "broken";
  }

  async function sendAll(): Promise<void> {
    for (;;) {
      const again = resend[0];
      const next = again ?? queue[0];
      if (next === undefined) return;
      if (!(await publish(next))) continue;
      if (again !== undefined) {
        resend.shift();
        counts.resent++;
      } else {
        queue.shift();
        acknowledged.push(next);
      }
    }
  }

  return {
    /** Takes the reading of a step, and sends whatever it has. Resolves when all of that is acknowledged. */
    async step(step: number): Promise<void> {
      const outage = outages.find(({ from, steps }) => step >= from && step < from + steps);
      if (outage === undefined || outage.keeps) queue.push(step);
      if (outage === undefined) await sendAll();
    },
    /**
     * Gives up its session, because the broker was killed and may have forgotten what it acknowledged: opens a new one
     * and sends its last readings again, in order, before anything else.
     */
    startOver(): void {
      client?.end(true);
      client = undefined;
      resend = acknowledged.slice(-RESENT_STEPS);
      const before = broken;
      broken = Promise.withResolvers();
      before.resolve("broken");
    },
    /** Sends its last readings once more, as after an acknowledgement that got lost. */
    async sendAgain(): Promise<void> {
      resend = acknowledged.slice(-RESENT_STEPS);
      await sendAll();
    },
    /** Steps whose reading was acknowledged, in order. */
    acknowledged: (): readonly number[] => acknowledged,
    counts: () => counts,
    async close(): Promise<void> {
      await client?.endAsync(true);
    },
  };
}
