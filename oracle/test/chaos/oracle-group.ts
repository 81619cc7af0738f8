import type { OracleService } from "./oracle-under-test.ts";

/** One oracle process, or several that share the meters, as one service. */
export type OracleGroup = ReturnType<typeof createOracleGroup>;

export function createOracleGroup(services: readonly OracleService[]) {
  const inTurn = (index: number) => services[index % services.length];
  const names = ["starts", "ready", "subscribed", "killed", "endedByItself"] as const;
  let next = 0;
  let restarting: Promise<void> = Promise.resolve();

  return {
    start(): void {
      for (const service of services) service.start();
    },
    ready: () => Promise.all(services.map((service) => service.ready())),
    /** Rejects when one of them cannot be kept running. */
    failed: Promise.race(services.map(({ failed }) => failed)),
    /** Ends one of them at once, each time the next; it is started again after `pauseMs`. */
    kill: (pauseMs: number): boolean => inTurn(next++)?.kill(pauseMs) ?? false,
    /** Ends one after the other in order, each when the one before is back. */
    rollingRestart(): Promise<void> {
      restarting = restarting.then(async () => {
        for (const service of services) await service.restart();
      });
      return restarting;
    },
    /** How often one of them has subscribed to a broker elsewhere. */
    subscriptions: () => services.reduce((sum, service) => sum + service.subscriptions(), 0),
    /** Ends a process that holds device keys; whether there was one that was not killed before. */
    killSigner: () => services.some((service) => service.killSigner()),
    pid: () => services[0]?.pid(),
    counts: () =>
      Object.fromEntries(
        names.map((name) => [name, services.reduce((sum, service) => sum + service.counts()[name], 0)]),
      ) as Record<(typeof names)[number], number>,
    /** Ends all in order; the first exit code that is not 0. */
    async stop(): Promise<number | null> {
      const codes = await Promise.all(services.map((service) => service.stop()));
      return codes.find((code) => code !== 0) ?? 0;
    },
    killNow(): void {
      for (const service of services) service.killNow();
    },
  };
}
