import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import type { SignerConfig } from "../config/signer.ts";
import { readSecret } from "../keystore/passphrase.ts";
import { boundedLines } from "../signer/bounded-lines.ts";
import { MAX_ANSWER_CHARACTERS } from "../signer/protocol.ts";
import type { Signer } from "../signer/signer.ts";
import { createLineSigner } from "./line-signer.ts";
import { SignerUnavailableError } from "./signer-errors.ts";

export type RemoteSignerOptions = Omit<Extract<SignerConfig, { kind: "remote" }>, "kind"> & {
  /** Receives what answers nothing: never a secret. */
  onMessage: (text: string) => void;
  /** Unix milliseconds of the machine's clock. */
  nowMs?: () => number;
};

const CONNECT_MILLISECONDS = 20_000;
const KEEP_ALIVE_MILLISECONDS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * A signer on another machine, spoken to over TLS 1.3 in which both show a certificate. One connection, made with the
 * first request and again after it was lost, with growing pauses in between: whoever asks during one is told to come
 * again later. Certificates are read anew for each connection, so that they can be renewed.
 */
export function createRemoteSigner(options: RemoteSignerOptions): Signer & { close(): Promise<void> } {
  const { host, port, onMessage, nowMs = Date.now } = options;
  const place = `${host}:${port}`;
  let connection: { socket: TLSSocket; open: Promise<void> } | undefined;
  let failures = 0;
  let nextAttemptMs = -Infinity;
  let lastReason = "";
  let closed = false;
  /** Connections on which it has answered. */
  const heard = new WeakSet<TLSSocket>();

  const lines = createLineSigner({
    async send(line) {
      if (closed) throw new SignerUnavailableError("The signer is closed");
      connection ??= start();
      const { socket, open } = connection;
      await open;
      socket.write(line);
    },
    onMessage,
    onSilence: () => connection?.socket.destroy(),
  });

  function start(): { socket: TLSSocket; open: Promise<void> } {
    if (nowMs() < nextAttemptMs) throw new SignerUnavailableError(lastReason);
    const socket = connect({ host, port, ...credentialsOf(options), minVersion: "TLSv1.3", rejectUnauthorized: true });
    socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS);
    socket.setNoDelay(true);
    const opened = Promise.withResolvers<undefined>();
    // Awaited by whoever asks; nobody may be asking by the time it fails.
    opened.promise.catch(() => undefined);
    const timer = setTimeout(() => socket.destroy(new Error("no connection in time")), CONNECT_MILLISECONDS);
    let connected = false;
    let trouble: Error | undefined;
    const onError = (error: Error) => {
      trouble ??= error;
    };
    socket.on("error", onError);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      connected = true;
      opened.resolve(undefined);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      const silent = connected && !heard.has(socket) && !(trouble instanceof CommonwattError);
      lost(socket, `The signer at ${place} is away: ${silent ? NO_ANSWER : explain(trouble)}`);
      opened.reject(new SignerUnavailableError(lastReason));
    });
    void listen(socket).catch(onError);
    return { socket, open: opened.promise };
  }

  /** Leaving the loop destroys the socket; "close" follows. */
  async function listen(socket: TLSSocket): Promise<void> {
    for await (const line of boundedLines(socket, MAX_ANSWER_CHARACTERS)) {
      // Only an answer shows that the signer has taken the oracle's certificate: it is judged after the connection.
      heard.add(socket);
      failures = 0;
      lines.receive(line);
    }
  }

  function lost(socket: TLSSocket, reason: string): void {
    if (connection?.socket !== socket) return;
    connection = undefined;
    nextAttemptMs = nowMs() + Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 16), LONGEST_PAUSE_MS);
    lastReason = reason;
    lines.fail(reason);
  }

  return {
    ...lines.signer,
    close() {
      closed = true;
      const ending = connection?.socket;
      if (ending === undefined) return Promise.resolve();
      const ended = Promise.withResolvers<undefined>();
      ending.once("close", () => {
        ended.resolve(undefined);
      });
      ending.destroy();
      return ended.promise;
    },
  };
}

function credentialsOf({ caFile, certificateFile, keyFile, serverName }: RemoteSignerOptions) {
  try {
    return {
      ca: readFileSync(caFile, "utf8"),
      cert: readFileSync(certificateFile, "utf8"),
      key: readSecret("key", keyFile),
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
  } catch (error) {
    if (error instanceof CommonwattError) throw new SignerUnavailableError(error.message, { cause: error });
    throw new SignerUnavailableError(`A certificate for the signer cannot be read: ${String(error)}`, { cause: error });
  }
}

/** In TLS 1.3 the client's certificate is judged when the client takes the connection for open already. */
const NO_ANSWER = "it closed the connection without an answer; its log says whether it takes the oracle's certificate";

/** What stands in the way, with what to look at. */
function explain(error: (Error & { code?: string }) | undefined): string {
  if (error === undefined) return "it closed the connection";
  const { code = "", message } = error;
  if (/ALERT/u.test(code)) return `it refuses the connection (${message.trim()})`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `its certificate is for another name: ${message}`;
  if (/CERT|SELF_SIGNED|ISSUER|VERIFY/u.test(code))
    return `its certificate is not by the authority of caFile (${code})`;
  return message === "" ? code : message;
}
