/** Where a bar is drawn. */
export type Terminal = { readonly isTTY?: boolean; write: (text: string) => unknown };

const WIDTH = 40;
/** Without a terminal, a line for every so much of the whole. */
const LINES = 20;

/**
 * Shows how far a long run is: a bar that is redrawn on a terminal, and a line now and then elsewhere.
 *
 * @param now - Milliseconds on any clock that does not go back.
 * @returns To be called with what is done, of how many.
 */
export function progressBar(
  what: string,
  terminal: Terminal,
  now: () => number = () => performance.now(),
): (done: number, all: number) => void {
  const startedAt = now();
  let shown = 0;
  return (done, all) => {
    const filled = Math.floor((done * WIDTH) / all);
    const leftSeconds = ((now() - startedAt) / 1000 / done) * (all - done);
    const text = `${what} [${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${done}/${all}, ${duration(leftSeconds)} left`;
    const step = Math.floor((done * LINES) / all);
    if (terminal.isTTY === true) terminal.write(`\r${text} ${done === all ? "\n" : ""}`);
    else if (step > shown) terminal.write(`${text}\n`);
    shown = step;
  };
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
