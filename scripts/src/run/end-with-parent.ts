/**
 * Preloaded into the processes of a run (`node --import`): should the run be killed so hard that it cannot end them, they
 * notice and end themselves.
 */
const CHECK_EVERY_MS = 1_000;

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
}, CHECK_EVERY_MS).unref();
