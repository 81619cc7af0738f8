/** What happens in the year, in order, on days of its own. */
export type Calendar = {
  /** A tariff is queued; it holds from the day after tomorrow on. */
  readonly tariff: number;
  /** The oracle is killed while messages of this day come in. */
  readonly firstCrash: number;
  /** New keys take over some meters. */
  readonly rotation: number;
  /** A meter's counter is taken out in the middle of this day. */
  readonly counter: number;
  /** A metering point gets a new gateway: another node on MQTT, another key. */
  readonly gateway: number;
  /** A member turns sharing off; the next day the meter is closed and the money withdrawn. */
  readonly leaving: number;
  /** The neighbourhood goes over to a new contract. That day is recorded by hand; sharing begins the day after. */
  readonly migration: number;
  /** The oracle is killed between the announcement of this day and its settlement. */
  readonly secondCrash: number;
};

/** Spreads it over so many days, counted from 0; at least 10 are needed. */
export function calendarOf(days: number): Calendar {
  const at = (tenths: number): number => Math.floor((days * tenths) / 10);
  return {
    tariff: 0,
    firstCrash: at(1),
    rotation: at(2),
    counter: at(3),
    gateway: at(5) - 1,
    leaving: at(6) - 1,
    migration: at(7),
    secondCrash: at(9),
  };
}
