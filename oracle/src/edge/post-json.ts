import type { IncomingMessage } from "node:http";

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 1_048_576;

/**
 * Sends JSON and returns the JSON that is answered. Node's own `fetch` does the same, with more megabytes than the gateway
 * has to spare.
 *
 * @param url - http or https.
 * @throws When the other side does not answer in time, answers too much, or no JSON.
 */
export async function postJson(url: string, body: unknown): Promise<unknown> {
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const answer = Promise.withResolvers<string>();
  const sent = request(
    url,
    { method: "POST", headers: { "content-type": "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) },
    (response) => {
      readText(response).then(answer.resolve, answer.reject);
    },
  );
  sent.on("error", answer.reject);
  sent.end(JSON.stringify(body));
  return JSON.parse(await answer.promise) as unknown;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
