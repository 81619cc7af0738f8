import { HttpRequestError, RpcRequestError } from "viem";
import { getHttpRpcClient } from "viem/utils";

import { labelsOf } from "./redact.ts";

/** A JSON-RPC call. */
export type RpcCall = { method: string; params?: unknown };

/** An endpoint gave no answer that can be used. Whether the call took effect there is unknown. */
export class EndpointError extends HttpRequestError {
  constructor(label: string, problem: string, status?: number) {
    super({ url: label, details: problem, ...(status === undefined ? {} : { status }) });
    this.message = `The RPC endpoint ${label} ${problem}`;
  }
}

/** One RPC endpoint and what is known of it. Moments are milliseconds of the machine's clock. */
export type Endpoint = {
  /** Its URL without what may be secret. */
  readonly label: string;
  /**
   * @throws RpcRequestError when the endpoint answers with an error; EndpointError when it does not answer.
   */
  request(call: RpcCall): Promise<unknown>;
  chainId: number | undefined;
  /** Its latest block, and since when it is the latest. */
  head: number | undefined;
  headSinceMs: number;
  /** Left after a failure: not asked while others can be, and looked at again from `lookAtMs` on. */
  left: boolean;
  lookAtMs: number;
  failures: number;
  lastFailure: string | undefined;
};

/** An answer of this size is no answer to anything the oracle asks. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/**
 * @param urls - In order of preference, with credentials where the endpoint asks for some.
 * @param signal - Ends every request under way.
 */
export function openEndpoints(urls: readonly string[], timeoutMs: number, signal: AbortSignal): Endpoint[] {
  const labels = labelsOf(urls);
  return urls.map((url, index) => {
    const label = labels[index] ?? "";
    const client = getHttpRpcClient(url, {
      timeout: timeoutMs,
      maxResponseBodySize: MAX_RESPONSE_BYTES,
      fetchOptions: { signal },
    });
    return {
      label,
      async request({ method, params }) {
        const body = params === undefined ? { method } : { method, params };
        const answer: unknown = await client.request({ body }).catch((error: unknown) => {
          throw failureOf(error, label, timeoutMs);
        });
        return resultOf(answer, label, body);
      },
      chainId: undefined,
      head: undefined,
      headSinceMs: 0,
      left: false,
      lookAtMs: 0,
      failures: 0,
      lastFailure: undefined,
    };
  });
}

function resultOf(answer: unknown, label: string, body: { method: string }): unknown {
  if (typeof answer === "object" && answer !== null) {
    if ("error" in answer && isRpcError(answer.error)) {
      throw new RpcRequestError({ body, error: answer.error, url: label });
    }
    if ("result" in answer) return answer.result;
  }
  throw new EndpointError(label, `answered ${body.method} with something that is no JSON-RPC response`);
}

function isRpcError(value: unknown): value is { code: number; message: string; data?: unknown } {
  if (typeof value !== "object" || value === null) return false;
  return "code" in value && typeof value.code === "number" && "message" in value && typeof value.message === "string";
}

/** Errors of the HTTP client carry the URL with its credentials: none of them is passed on. */
function failureOf(error: unknown, label: string, timeoutMs: number): Error {
  if (error instanceof RpcRequestError) {
    const { code, data, details: message } = error;
    return new RpcRequestError({ body: {}, error: { code, data, message }, url: label });
  }
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError") return new EndpointError(label, `did not answer within ${timeoutMs / 1000} s`);
  if (error instanceof HttpRequestError && error.status !== undefined) {
    return new EndpointError(label, `answered with HTTP status ${error.status}`, error.status);
  }
  if (name === "SyntaxError" || name === "ResponseBodyTooLargeError") {
    return new EndpointError(label, "answered with something that is no JSON-RPC response");
  }
  return new EndpointError(label, `cannot be reached (${reasonOf(error)})`);
}

/** The system's code (ECONNREFUSED), which names no address. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  }
  return "no connection";
}
