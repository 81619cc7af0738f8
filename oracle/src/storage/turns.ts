import type { Sql } from "./sql.ts";

/** Runs works one after the other, in the order of the calls. A work that fails does not fail the next. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = tail.then(work);
    tail = done.catch(() => undefined);
    return done;
  };
}

/** The same statements for as long as the transaction is open: a forgotten `await` must not write into the next one. */
export function whileOpen(sql: Sql, isOpen: () => boolean): Sql {
  const check = <T>(call: () => Promise<T>): Promise<T> =>
    isOpen() ? call() : Promise.reject(new Error("the transaction of this statement is over"));
  return {
    all: (statement, ...parameters) => check(() => sql.all(statement, ...parameters)),
    get: (statement, ...parameters) => check(() => sql.get(statement, ...parameters)),
    run: (statement, ...parameters) => check(() => sql.run(statement, ...parameters)),
    runMany: (statement, rows) => check(() => sql.runMany(statement, rows)),
  };
}
