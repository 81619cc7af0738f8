import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";

import type { Logger } from "pino";

import { serveSigner } from "../serve.ts";
import type { Signer } from "../signer.ts";

export type SignerServerOptions = {
  host: string;
  port: number;
  /** PEM texts: the server's own, and the authority of those who may ask. */
  certificate: string;
  key: string;
  clientAuthority: string;
  /** SHA-256 fingerprints of the certificates that may ask, as openssl prints them; empty: any of the authority's. */
  clientFingerprints: readonly string[];
  log: Logger;
};

const HANDSHAKE_MILLISECONDS = 10_000;
const KEEP_ALIVE_MILLISECONDS = 30_000;
/** Each oracle has one connection; a few processes may share the meters. */
const MAX_CONNECTIONS = 128;
/** Connections that have not shown a certificate yet. */
const MAX_STRANGERS = 32;

/**
 * Serves a signer over TLS 1.3 to whoever shows a certificate that may ask.
 *
 * @throws When the address cannot be listened on, or a certificate is none.
 */
export async function startSignerServer(
  signer: Signer,
  { host, port, certificate, key, clientAuthority, clientFingerprints, log }: SignerServerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const allowed = new Set(clientFingerprints.map(plainFingerprint));
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    cert: certificate,
    key,
    ca: clientAuthority,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    handshakeTimeout: HANDSHAKE_MILLISECONDS,
  });
  server.maxConnections = MAX_CONNECTIONS;

  // Who only connects must not keep out those with a certificate: the stranger who has waited longest gives way.
  const strangers = new Map<string, Socket>();
  server.on("connection", (socket: Socket) => {
    const name = placeOf(socket);
    strangers.set(name, socket);
    socket.once("close", () => {
      if (strangers.get(name) === socket) strangers.delete(name);
    });
    const [oldest] = strangers.values();
    if (strangers.size > MAX_STRANGERS) oldest?.destroy();
  });

  server.on("secureConnection", (socket) => {
    strangers.delete(placeOf(socket));
    const { fingerprint256, subject } = socket.getPeerCertificate();
    const name = String(subject.CN);
    socket.on("error", (error: Error) => {
      log.debug({ event: "connection-broken", reason: error.message }, `A connection broke: ${error.message}`);
    });
    if (allowed.size > 0 && !allowed.has(plainFingerprint(fingerprint256))) {
      log.warn(
        { event: "client-refused", name, fingerprint: fingerprint256 },
        `A client with another certificate of the authority was refused: ${name}, ${fingerprint256}`,
      );
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MILLISECONDS);
    socket.setNoDelay(true);
    log.info({ event: "client", name, fingerprint: fingerprint256 }, `${name} is connected`);
    void serve(socket, name);
  });
  server.on("tlsClientError", (error) => {
    log.warn({ event: "client-refused", reason: error.message }, `A client was refused: ${error.message.trim()}`);
  });

  async function serve(socket: TLSSocket, name: string): Promise<void> {
    try {
      await serveSigner(signer, socket, socket);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ event: "client-lost", name, reason }, `The connection of ${name} ended: ${reason}`);
    } finally {
      sockets.delete(socket);
      socket.destroy();
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Where the other side of a connection is. The encrypted socket and the one below it have the same. */
const placeOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress ?? ""} ${remotePort ?? ""}`;
const plainFingerprint = (text: string) => text.replaceAll(":", "").toLowerCase();
