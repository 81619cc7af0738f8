import { RpcRequestError } from "viem";
import type { Logger } from "pino";

import { isAnswer } from "./answers.ts";
import { type Endpoint, EndpointError, openEndpoints, type RpcCall } from "./endpoint.ts";
import { faultOf } from "./judge.ts";
import { createSpokesman } from "./spokesman.ts";

export type EndpointsOptions = {
  /** In order of preference, 1 to 8. */
  rpcUrls: readonly string[];
  chainId: number;
  timeoutSeconds: number;
  behindBlocks: number;
  stalledSeconds: number;
  log: Logger;
  /** Unix milliseconds of the machine's clock. */
  nowMs?: () => number;
};

/** What one endpoint answered: a result, or an error that is an answer too, such as a revert. */
export type Answer = { from: Endpoint } & ({ result: unknown } | { error: RpcRequestError });

/** How an endpoint stands, for `GET /api/health`. */
export type EndpointReport = {
  endpoint: string;
  state: "used" | "spare" | "wrong-chain" | "failing" | "behind" | "stalled";
  chainId: number | null;
  head: number | null;
  failures: number;
  lastFailure: string | null;
};

/** The RPC endpoints of one chain: what one of them cannot answer, the next is asked. */
export type Endpoints = {
  readonly chainId: number;
  /**
   * The answer of the first endpoint that gives one.
   *
   * @throws RpcRequestError when that answer is an error; EndpointError when none answers.
   */
  request(call: RpcCall): Promise<unknown>;
  /**
   * The answers of all endpoints that are good to be asked.
   *
   * @throws EndpointError when none answers.
   */
  askAll(call: RpcCall): Promise<Answer[]>;
  /** Hands a signed transaction to every endpoint, even those that are left: whoever takes it, it is on its way. */
  broadcast(raw: string): Promise<Answer[]>;
  /** Leaves an endpoint whose answer the others contradict. */
  distrust(endpoint: Endpoint, problem: string): void;
  /** Looks at every endpoint whose time has come: chain, latest block, whether it is back. Never throws. */
  look(): Promise<void>;
  report(): EndpointReport[];
  /** Ends what is under way; nothing can be asked any more. */
  close(): void;
};

const FIRST_LEAVE_MS = 1_000;
const LONGEST_LEAVE_MS = 60_000;
const FAILURES_TO_LOSE_VOTE = 3;

export function createEndpoints(options: EndpointsOptions): Endpoints {
  const { chainId, behindBlocks, stalledSeconds, log, nowMs = Date.now } = options;
  const closing = new AbortController();
  const all = openEndpoints(options.rpcUrls, options.timeoutSeconds * 1000, closing.signal);
  const limits = { chainId, behindBlocks, stalledMs: stalledSeconds * 1000 };
  const spokesman = createSpokesman(log, all.length > 1);
  const faultNow = (endpoint: Endpoint) => faultOf(endpoint, all, limits, nowMs());
  const good = () => all.filter((endpoint) => faultNow(endpoint) === undefined);

  function leave(endpoint: Endpoint, problem: string): void {
    endpoint.failures++;
    endpoint.lastFailure = problem;
    endpoint.left = true;
    endpoint.lookAtMs = nowMs() + Math.min(FIRST_LEAVE_MS * 2 ** Math.min(endpoint.failures - 1, 16), LONGEST_LEAVE_MS);
    speak();
  }

  function speak(): void {
    spokesman.look(all.map((endpoint) => ({ endpoint, fault: faultNow(endpoint) })));
  }

  /** Asks one endpoint, and keeps account of whether it answers. */
  async function ask(endpoint: Endpoint, call: RpcCall): Promise<Answer> {
    try {
      // Nothing is believed from an endpoint before it is known to be on the right chain.
      if (endpoint.chainId === undefined) await identify(endpoint);
      if (endpoint.chainId !== chainId) throw wrongChain(endpoint);
      const result = await endpoint.request(call);
      answered(endpoint);
      return { from: endpoint, result };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isAnswer(error, call.method)) {
        answered(endpoint);
        return { from: endpoint, error };
      }
      if (!closing.signal.aborted && endpoint.chainId === chainId) leave(endpoint, problemOf(error));
      throw error;
    }
  }

  function answered(endpoint: Endpoint): void {
    endpoint.failures = 0;
    if (!endpoint.left) return;
    endpoint.left = false;
    speak();
  }

  async function identify(endpoint: Endpoint): Promise<void> {
    try {
      endpoint.chainId = Number(await endpoint.request({ method: "eth_chainId" }));
    } catch (error) {
      if (!closing.signal.aborted) leave(endpoint, problemOf(error));
      throw error;
    }
    speak();
  }

  const noneOnChain = () =>
    new EndpointError(all[0]?.label ?? "", `is on another chain than ${chainId}, as are all others`);
  const wrongChain = ({ label, chainId: actual }: Endpoint) =>
    new EndpointError(label, `is on chain ${actual ?? "?"}, expected ${chainId}`);

  /** The answers, or the first failure when there are none. */
  function answersOf(settled: readonly PromiseSettledResult<Answer>[]): Answer[] {
    const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    if (answers.length > 0) return answers;
    throw settled.find((one) => one.status === "rejected")?.reason ?? noneOnChain();
  }

  /** The good ones in their order, then those that are merely worse than others, in case they are all there is. */
  function candidates(): Endpoint[] {
    const rest = all.filter((endpoint) => {
      const fault = faultNow(endpoint);
      return fault !== undefined && fault !== "wrong-chain";
    });
    return [...good(), ...rest];
  }

  async function lookAt(endpoint: Endpoint): Promise<void> {
    try {
      endpoint.chainId = Number(await endpoint.request({ method: "eth_chainId" }));
      const head = Number(await endpoint.request({ method: "eth_blockNumber" }));
      if (!Number.isSafeInteger(head)) throw new EndpointError(endpoint.label, "has no latest block");
      if (head !== endpoint.head) endpoint.headSinceMs = nowMs();
      endpoint.head = head;
      // Its failures are forgotten only when it has answered a request that counts.
      endpoint.left = false;
    } catch (error) {
      if (!closing.signal.aborted) leave(endpoint, problemOf(error));
    }
  }

  return {
    chainId,

    async request(call) {
      const failures: Error[] = [];
      for (const endpoint of candidates()) {
        const answer = await ask(endpoint, call).catch((error: unknown) => {
          failures.push(error instanceof Error ? error : new Error(String(error)));
        });
        if (answer === undefined) continue;
        if ("error" in answer) throw answer.error;
        return answer.result;
      }
      // The first is that of the endpoint that is preferred.
      throw failures[0] ?? noneOnChain();
    },

    async askAll(call) {
      // A moment's failure does not take an endpoint's vote away, or the word of one would do.
      const voters = all.filter((endpoint) => {
        const fault = faultNow(endpoint);
        return fault === undefined || (fault === "failing" && endpoint.failures < FAILURES_TO_LOSE_VOTE);
      });
      const asked = voters.length > 0 ? voters : candidates();
      return answersOf(await Promise.allSettled(asked.map((endpoint) => ask(endpoint, call))));
    },

    async broadcast(raw) {
      const call = { method: "eth_sendRawTransaction", params: [raw] };
      const awaited = new Set(good());
      const asked = candidates().map((endpoint) => ({ endpoint, answer: ask(endpoint, call) }));
      // One that is left may take its whole time to fail: it gets the transaction, and nobody waits for it.
      for (const { answer } of asked) answer.catch(() => undefined);
      const waitedFor = asked.filter(({ endpoint }) => awaited.size === 0 || awaited.has(endpoint));
      return answersOf(await Promise.allSettled(waitedFor.map(({ answer }) => answer)));
    },

    distrust(endpoint, problem) {
      leave(endpoint, problem);
    },

    async look() {
      const due = all.filter(({ left, lookAtMs }) => !left || nowMs() >= lookAtMs);
      await Promise.all(due.map(lookAt));
      speak();
    },

    report() {
      const [used] = candidates();
      return all.map((endpoint) => ({
        endpoint: endpoint.label,
        state: faultNow(endpoint) ?? (endpoint === used ? "used" : "spare"),
        chainId: endpoint.chainId ?? null,
        head: endpoint.head ?? null,
        failures: endpoint.failures,
        lastFailure: endpoint.lastFailure ?? null,
      }));
    },

    close() {
      closing.abort();
    },
  };
}

function problemOf(error: unknown): string {
  if (error instanceof EndpointError) return error.details;
  if (error instanceof RpcRequestError) return `answered with error ${error.code}: ${error.details.slice(0, 200)}`;
  return error instanceof Error ? error.message : String(error);
}
