import type { IncomingMessage, ServerResponse } from "node:http";

import { dayOf, intervalOf } from "@commonwatt/sdk/time";

import type { ApiConfig } from "../config/api.ts";
import { createEventBook } from "./event-book.ts";
import type { MemberMeters } from "./member-meters.ts";
import type { MeterReads } from "./meter-reads.ts";
import type { Owners } from "./owners.ts";
import { refuse } from "./refusal.ts";
import type { Session, SessionStore } from "./sessions.ts";
import { openStream, type Stream } from "./stream.ts";

/** The streams that are open, and what is told on them. */
export type Hub = {
  /** @throws RequestRefusedError when there are too many streams. */
  open(request: IncomingMessage, response: ServerResponse, session: Session): Promise<void>;
  endSession(id: string): void;
  /** Looks once for news, and whether the streams may go on. Does nothing while there is no stream. */
  look(): Promise<boolean>;
  count(): number;
  endAll(): void;
};

export type HubParts = {
  config: ApiConfig;
  members: MemberMeters;
  owners: Owners;
  reads: MeterReads;
  sessions: Pick<SessionStore, "isAlive">;
  /** The oracle's clock: what day it is. */
  nowMs: () => number;
  /** The machine's clock, unix milliseconds. */
  machineMs: () => number;
};

/** Late messages change quarter-hours that are over; farther back is for the list of a day. */
const INTERVALS_BACK = 8;
const DAYS_BACK = 8;
const MAX_METERS = 64;
/** For so long after its last stream a meter is still looked at, so that who comes again misses nothing. */
const LINGER_MS = 120_000;

export function createHub(parts: HubParts): Hub {
  const { config, members, owners, reads, sessions, nowMs, machineMs } = parts;
  const book = createEventBook();
  const streams = new Set<Stream>();
  /** Places promised to streams that are being opened, by wallet. */
  const opening: string[] = [];
  /** When a meter was last watched. */
  const watchedMs = new Map<number, number>();
  const checkedMs = new WeakMap<Stream, number>();

  /** Reads these meters and tells what is new. */
  async function tell(meters: readonly number[]): Promise<void> {
    if (meters.length === 0) return;
    const running = intervalOf(nowMs() / 1000);
    const today = dayOf(nowMs() / 1000);
    const channels = Map.groupBy(await reads.channels(meters), ({ meter }) => meter);
    const from = Math.max(running - INTERVALS_BACK, 0);
    const intervals = Map.groupBy(await reads.openIntervals(meters, from, running + 1), ({ meter }) => meter);
    const ways = Map.groupBy(await reads.ways(meters, Math.max(today - DAYS_BACK, 0), today), ({ meter }) => meter);
    for (const meter of meters) {
      const ofMeter = intervals.get(meter) ?? [];
      const now = ofMeter.find(({ interval }) => interval === running);
      note(meter, "power", "", members.showPower(meter, channels.get(meter) ?? [], now));
      for (const row of ofMeter) note(meter, "interval", String(row.interval), { ...members.showInterval(row), meter });
      for (const way of ways.get(meter) ?? []) note(meter, "day", String(way.day), { ...members.showWay(way), meter });
    }
  }

  function note(meter: number, name: "power" | "interval" | "day", key: string, value: object): void {
    const event = book.note(meter, name, key, value);
    if (event === undefined) return;
    for (const stream of streams) if (stream.meters.has(meter)) stream.send(event);
  }

  function takePlace({ wallet }: Session): Disposable {
    const own = [...streams].filter(({ session }) => session.wallet === wallet).length;
    if (own + opening.filter((other) => other === wallet).length >= config.maxStreamsPerWallet) {
      throw refuse(429, `this wallet has ${config.maxStreamsPerWallet} streams`, "fewer: end one of them");
    }
    if (streams.size + opening.length >= config.maxStreams) {
      throw refuse(503, `${config.maxStreams} streams are open`, "another try in some minutes");
    }
    opening.push(wallet);
    return { [Symbol.dispose]: () => void opening.splice(opening.indexOf(wallet), 1) };
  }

  /** Whether a stream may go on: its session lives, and the wallet still owns every meter. */
  async function problemOf({ session, meters }: Stream): Promise<string | undefined> {
    if (!(await sessions.isAlive(session.id))) return "the session has ended";
    for (const meter of meters) {
      if ((await owners.meterOf(session.wallet, meter)) === undefined) return `meter ${meter} has another owner`;
    }
    return undefined;
  }

  async function check(stream: Stream): Promise<void> {
    if (machineMs() - (checkedMs.get(stream) ?? 0) < config.heartbeatSeconds * 1000) return;
    checkedMs.set(stream, machineMs());
    try {
      const problem = await problemOf(stream);
      if (problem !== undefined) stream.end(problem);
    } catch {
      // Nobody is shown anything on what was true once.
      stream.end("the chain or the database cannot be asked now: come again");
    }
  }

  return {
    async open(request, response, session) {
      using place = new DisposableStack();
      place.use(takePlace(session));
      const meters = (await owners.metersOf(session.wallet)).slice(0, MAX_METERS);
      const lastEventId = request.headers["last-event-id"];
      const isResumed = typeof lastEventId === "string";
      for (const meter of meters) watchedMs.set(meter, machineMs());
      // Looked at for the first time, so that the state is whole.
      await tell(meters.filter((meter) => !book.watches(meter)));
      // What ended meanwhile must not begin.
      if (response.destroyed || !(await sessions.isAlive(session.id))) {
        throw refuse(401, "the session has ended", "a new sign-in");
      }
      const stream = openStream(response, { session, meters, nowMs: machineMs }, (closed) => {
        streams.delete(closed);
        for (const meter of closed.meters) watchedMs.set(meter, machineMs());
      });
      const missed = isResumed ? book.after(lastEventId, stream.meters) : undefined;
      if (missed === undefined) stream.reset();
      for (const event of missed ?? book.stateOf(stream.meters)) stream.send(event);
      checkedMs.set(stream, machineMs());
      if (stream.isOpen()) streams.add(stream);
    },

    endSession(id) {
      for (const stream of streams) if (stream.session.id === id) stream.end("the session has ended");
    },

    async look() {
      for (const stream of streams) await check(stream);
      const watched = new Set([...streams].flatMap(({ meters }) => [...meters]));
      for (const [meter, atMs] of watchedMs) {
        if (watched.has(meter)) watchedMs.delete(meter);
        else if (machineMs() - atMs < LINGER_MS) watched.add(meter);
        else {
          watchedMs.delete(meter);
          book.forget(meter);
        }
      }
      await tell([...watched]);
      for (const stream of streams) {
        if (machineMs() - stream.lastMs >= config.heartbeatSeconds * 1000) stream.heartbeat();
      }
      return false;
    },

    count: () => streams.size,

    endAll() {
      for (const stream of streams) stream.end("the oracle is stopping: come again");
    },
  };
}
