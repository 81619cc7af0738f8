import { randomUUID } from "node:crypto";

import type { Logger } from "pino";

import { connectExternalBroker, type ExternalBroker, type ExternalBrokerConfig } from "../sources/external-broker.ts";
import type { MessageHandler } from "../sources/message.ts";
import type { Sql } from "../storage/sql.ts";

/**
 * Sessions with the broker. They share one subscription, so that the broker gives each message to one of them; and a
 * session, with what the broker keeps for it, outlives the process that speaks for it and goes to another.
 */
export type Seats = {
  open(seat: number): void;
  close(seat: number): Promise<void>;
  /**
   * Asks each session by a marker whether all that the broker had for it before a moment has come in.
   *
   * @param nowMs - The database's clock before the call.
   */
  mark(nowMs: number): void;
  /** Publishes over one of the sessions; false where none is connected. */
  publish(topic: string, payload: string): boolean;
  /** Whether one of the sessions is connected and subscribed. */
  isConnected(): boolean;
  closeAll(): Promise<void>;
};

export type SeatParts = {
  broker: ExternalBrokerConfig;
  /** What is subscribed to. */
  topics: readonly string[];
  handle: MessageHandler;
  /** Up to this moment of the database's clock all that the broker had for a seat has come in. */
  onCleared: (seat: number, clearMs: number) => void;
  log: Logger;
};

type Seat = {
  connection: ExternalBroker;
  /** What was handed over and is not on the disk yet. */
  underWay: Set<Promise<unknown>>;
  /** The marker that is on its way: nothing older counts. */
  marker: { token: string; nowMs: number } | undefined;
};

/** A marker that has not come back for so long was lost with its connection. */
const MARKER_PATIENCE_MS = 2_000;
const DAY_SECONDS = 86_400;
/** Where the config does not say, a session outlives its connection for so long. */
const SESSION_DAYS = 7;

const CLEAR = `
  INSERT INTO seats (seat, clear_ms) VALUES (?, ?)
  ON CONFLICT (seat) DO UPDATE SET clear_ms = greatest(seats.clear_ms, excluded.clear_ms)`;

/** Notes up to when what seats were given is in the inbox. */
export async function saveCleared(sql: Sql, cleared: readonly (readonly [number, number])[]): Promise<void> {
  await sql.runMany(CLEAR, cleared);
}

export function createSeats({ broker, topics, handle, onCleared, log }: SeatParts): Seats {
  const group = broker.clientId;
  const seats = new Map<number, Seat>();
  const markerOf = (seat: number) => `${group}/marker/${seat}`;

  /** Takes a message; or a marker, which comes behind everything that the broker had before it. */
  function handlerOf(seat: number): MessageHandler {
    const topic = markerOf(seat);
    return async (message) => {
      const state = seats.get(seat);
      if (message.topic !== topic) {
        const taken = handle(message);
        state?.underWay.add(taken);
        // Removed with its outcome: a marker that comes later finds only what is still under way.
        const done = () => void state?.underWay.delete(taken);
        taken.then(done, () => {
          done();
          // It comes again, and a marker that was behind it may come before: that one says nothing any more.
          if (state !== undefined) state.marker = undefined;
        });
        return taken;
      }
      const marker = state?.marker;
      if (state === undefined || marker === undefined || Buffer.from(message.payload).toString() !== marker.token)
        return;
      // One that cannot be taken ends the connection, and comes again.
      await Promise.all(state.underWay);
      if (state.marker !== marker || seats.get(seat) !== state) return;
      state.marker = undefined;
      onCleared(seat, marker.nowMs);
    };
  }

  async function close(seat: number): Promise<void> {
    const state = seats.get(seat);
    seats.delete(seat);
    await state?.connection.close();
  }

  return {
    open(seat) {
      if (seats.has(seat)) return;
      const shared = topics.map((topic) => `$share/${group}/${topic}`);
      const connection = connectExternalBroker(
        {
          ...broker,
          clientId: `${broker.clientId}-${seat}`,
          sessionExpirySeconds: broker.sessionExpirySeconds ?? SESSION_DAYS * DAY_SECONDS,
        },
        [...shared, markerOf(seat)],
        handlerOf(seat),
        {
          onError: (error) => {
            log.warn({ event: "mqtt-failed", seat, reason: error.message }, `MQTT: ${error.message}`);
          },
          onConnected: () => {
            log.info({ event: "mqtt-connected", seat }, `Subscribed to the broker for seat ${seat}`);
          },
        },
      );
      seats.set(seat, { connection, underWay: new Set(), marker: undefined });
    },
    close,
    mark(nowMs) {
      for (const [seat, state] of seats) {
        // One at a time, unless its connection was lost meanwhile: then the broker may have forgotten it.
        const marker = { token: randomUUID(), nowMs };
        if (state.marker !== undefined && nowMs - state.marker.nowMs < MARKER_PATIENCE_MS) continue;
        if (state.connection.publish(markerOf(seat), marker.token)) state.marker = marker;
      }
    },
    publish: (topic, payload) => [...seats.values()].some(({ connection }) => connection.publish(topic, payload)),
    isConnected: () => [...seats.values()].some(({ connection }) => connection.isConnected()),
    async closeAll() {
      await Promise.all([...seats.keys()].map(close));
    },
  };
}
