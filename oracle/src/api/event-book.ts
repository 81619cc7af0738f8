import { randomBytes } from "node:crypto";

import type { EventName } from "./schemas.ts";
import type { StoredEvent } from "./stream.ts";

/** What is known of the meters that somebody watches, and the last events of each: for those who come again. */
export type EventBook = {
  /** Notes how something stands. Returns the event when that is new. */
  note(meter: number, name: EventName, key: string, value: object): StoredEvent | undefined;
  /** How everything stands, one event each, in the order in which it came to be so. */
  stateOf(meters: ReadonlySet<number>): StoredEvent[];
  /** The events after one that was received; undefined when some of them are not known any more. */
  after(lastEventId: string, meters: ReadonlySet<number>): StoredEvent[] | undefined;
  watches(meter: number): boolean;
  forget(meter: number): void;
};

type Book = {
  /** Events up to here are not kept. */
  fromSeq: number;
  /** By name and key: the last event. */
  state: Map<string, StoredEvent>;
  recent: StoredEvent[];
};

const MAX_RECENT = 256;
/** Of a meter: its power, quarter-hours of two hours, a week of days, and some that have passed meanwhile. */
const MAX_STATE = 64;

export function createEventBook(): EventBook {
  /** Tells the events of this process from those of another, or of one before. */
  const epoch = randomBytes(6).toString("hex");
  const books = new Map<number, Book>();
  let seq = 0;

  return {
    note(meter, name, key, value) {
      let book = books.get(meter);
      if (book === undefined) {
        book = { fromSeq: seq, state: new Map(), recent: [] };
        books.set(meter, book);
      }
      const place = `${name} ${key}`;
      const data = JSON.stringify(value);
      if (book.state.get(place)?.data === data) return undefined;
      seq++;
      const event: StoredEvent = { id: `${epoch}-${seq}`, seq, meter, name, data };
      // Set anew, so that the map's order is that of the events.
      book.state.delete(place);
      book.state.set(place, event);
      const oldest = book.state.keys().next();
      if (book.state.size > MAX_STATE && oldest.done !== true) book.state.delete(oldest.value);
      book.recent.push(event);
      if (book.recent.length > MAX_RECENT) book.fromSeq = book.recent.shift()?.seq ?? seq;
      return event;
    },
    stateOf: (meters) =>
      [...meters].flatMap((meter) => [...(books.get(meter)?.state.values() ?? [])]).toSorted((a, b) => a.seq - b.seq),
    after(lastEventId, meters) {
      const [, ofEpoch, number] = /^([0-9a-f]{12})-(\d{1,15})$/u.exec(lastEventId) ?? [];
      const last = Number(number);
      if (ofEpoch !== epoch || last > seq) return undefined;
      const known = [...meters].map((meter) => books.get(meter));
      if (known.some((book) => book === undefined || book.fromSeq > last)) return undefined;
      return known
        .flatMap((book) => book?.recent.filter((event) => event.seq > last) ?? [])
        .toSorted((a, b) => a.seq - b.seq);
    },
    watches: (meter) => books.has(meter),
    forget: (meter) => void books.delete(meter),
  };
}
