/** The stream of what happens: mishaps strike after so many of its events. */
export type Stream = {
  /** Something happened. */
  tick(): void;
  /** Has `strike` called after so many more events, or when `flush` says that there will be no more. */
  after(events: number, strike: () => void): void;
  flush(): void;
  count(): number;
};

export function createStream(): Stream {
  let count = 0;
  let armed: { at: number; strike: () => void }[] = [];
  function fire(isDue: (at: number) => boolean): void {
    const due = armed.filter(({ at }) => isDue(at));
    armed = armed.filter(({ at }) => !isDue(at));
    for (const { strike } of due) strike();
  }
  return {
    tick() {
      count++;
      if (armed.length > 0) fire((at) => at <= count);
    },
    after(events, strike) {
      armed.push({ at: count + events, strike });
    },
    flush() {
      fire(() => true);
    },
    count: () => count,
  };
}
