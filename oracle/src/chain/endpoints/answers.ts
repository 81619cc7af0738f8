import { RpcRequestError } from "viem";

/**
 * JSON-RPC errors that say something of the endpoint and nothing of what was asked: internal error, resource unavailable,
 * method not found or not supported, limit exceeded (by the standard and by large providers).
 */
const TROUBLES: ReadonlySet<number> = new Set([-32_603, -32_002, -32_601, -32_004, -32_005, -32_007, -32_016, 429]);

/**
 * Errors of these are read by whoever asks, whatever their code: a node that limits what logs may be asked for is asked for
 * less, and one that refuses a transaction says why.
 */
const READ_BY_ASKER: ReadonlySet<string> = new Set(["eth_getLogs", "eth_sendRawTransaction"]);

/** Whether an error is an answer, which another endpoint would give as well. */
export function isAnswer(error: unknown, method: string): error is RpcRequestError {
  if (!(error instanceof RpcRequestError)) return false;
  // Hardhat reports a revert as an internal error that carries the revert's data.
  return READ_BY_ASKER.has(method) || error.data !== undefined || !TROUBLES.has(error.code);
}

/** The revert data in an error, wherever the client puts it. */
export function revertData(error: RpcRequestError): string | undefined {
  const { data } = error;
  if (typeof data === "string") return data;
  if (typeof data === "object" && data !== null && "data" in data && typeof data.data === "string") return data.data;
  return undefined;
}

/** A text that is the same for two answers that say the same. Clients word their errors differently, and add fields. */
export function keyOf(answer: { result: unknown } | { error: RpcRequestError }, method: string): string {
  if ("error" in answer) return `error ${revertData(answer.error) ?? ""}`;
  return JSON.stringify(essence(answer.result, method)).toLowerCase();
}

/** An answer that is about something: not an error of the node's own, such as a block it does not have yet. */
export function saysSomething(answer: { result: unknown } | { error: RpcRequestError }): boolean {
  if ("error" in answer) return revertData(answer.error) !== undefined;
  return answer.result !== null && answer.result !== undefined;
}

function essence(result: unknown, method: string): unknown {
  // The hash covers the rest, for who computes it: an endpoint could report the true one beside a time of its own.
  if (method === "eth_getBlockByNumber") {
    return result === null || result === undefined
      ? null
      : ["hash", "number", "timestamp"].map((name) => fieldOf(result, name));
  }
  if (method === "eth_getLogs") return Array.isArray(result) ? result.map(logEssence) : result;
  if (method !== "eth_getTransactionReceipt") return result ?? null;
  const logs = fieldOf(result, "logs");
  const facts = ["blockHash", "blockNumber", "status"].map((name) => fieldOf(result, name));
  return [...facts, Array.isArray(logs) ? logs.map(logEssence) : logs];
}

function logEssence(log: unknown): unknown {
  return ["blockHash", "transactionHash", "logIndex", "address", "topics", "data"].map((name) => fieldOf(log, name));
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return null;
  return (value as Record<string, unknown>)[name] ?? null;
}
