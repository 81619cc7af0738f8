/** Most complaints that are passed on in a minute. */
const PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * Passes complaints on, but no more than a log can bear: what a stranger can cause a thousand times a second must not fill
 * the disk. How many were left out is said with the first one of a later minute.
 */
export function limitComplaints(report: (error: Error) => void, nowMs: () => number = Date.now) {
  let minuteMs = -Infinity;
  let passed = 0;
  let leftOut = 0;
  return (error: Error): void => {
    const now = nowMs();
    if (now - minuteMs >= MINUTE_MS) {
      if (leftOut > 0) report(new Error(`${leftOut} more complaints were left out`));
      minuteMs = now;
      passed = 0;
      leftOut = 0;
    }
    if (passed++ < PER_MINUTE) report(error);
    else leftOut++;
  };
}
