/** An answer, byte for byte. */
export type Reply = {
  status: number;
  body: string;
  contentType: string;
  headers?: Readonly<Record<string, string>>;
};

/** What PHP makes of `text/plain`, and with it Emoncms. */
const PLAIN = "text/plain;charset=UTF-8";

export const RETRY_SECONDS = "5";

/** `ok`: what emonHub waits for. */
export const OK: Reply = { status: 200, body: "ok", contentType: PLAIN };
export const SUCCESS: Reply = { status: 200, body: '{"success": true}', contentType: PLAIN };

export function plain(status: number, body: string, headers: Reply["headers"] = {}): Reply {
  return { status, body, contentType: PLAIN, headers };
}

/** A failure as Emoncms words it: HTTP 200, unless the sender is to keep what it has and try again. */
export function failure(message: string, status = 200, headers: Reply["headers"] = {}): Reply {
  const text = JSON.stringify(message.replaceAll('"', "'"));
  return plain(status, `{"success": false, "message": ${text}}`, headers);
}

/** What was not stored comes again. Without the words that make an emonHub throw it away. */
export function unavailable(): Reply {
  return failure("The server cannot store anything now, send it again", 503, { "retry-after": RETRY_SECONDS });
}

/** @param kind - What the sender called its key. */
export function unauthorized(kind: "apikey" | "devicekey"): Reply {
  const [realm, name] = kind === "apikey" ? ["API KEY", "API key"] : ["Device KEY", "device key"];
  const error = `Bearer realm="${realm}", error="invalid_${kind}", error_description="Invalid ${name}"`;
  return plain(401, `Invalid ${name}`, { "www-authenticate": error });
}
