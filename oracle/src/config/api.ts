import { z } from "zod";

import { seconds } from "./fields.ts";

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])$/u;

/** Whether a sign-in at this address cannot be listened to: TLS, or this very machine. */
function isSafe(uri: string): boolean {
  const url = URL.parse(uri);
  return url !== null && (url.protocol === "https:" || LOOPBACK.test(url.hostname));
}

export const api = z
  .strictObject({
    domain: z
      .string()
      .regex(/^[a-z0-9.-]{1,253}(?::\d{1,5})?$/u, { error: "expected a domain such as app.example.org" })
      .describe("Domain of the dApp that members sign in at, with its port if that is not the usual one"),
    uri: z
      .url({ protocol: /^https?$/u, error: "expected a URL such as https://app.example.org" })
      .refine(isSafe, { error: "expected https://, or an address of this machine" })
      .describe("Address of that dApp, as it stands in the message that members sign"),
    statement: z
      .string()
      .regex(/^[\u0020-\u007e]{1,200}$/u, { error: "expected one line of at most 200 plain characters" })
      .default("Sign in to see your meters. This costs nothing and sends no transaction.")
      .describe("The sentence that members read when they sign in"),
    nonceSeconds: seconds(30, 3_600).default(300).describe("How long a member may take to sign in"),
    sessionSeconds: seconds(60, 90 * 86_400)
      .default(7 * 86_400)
      .describe("A session ends after so long, however much it is used"),
    idleSeconds: seconds(60, 90 * 86_400)
      .default(86_400)
      .describe("A session that no request came from for so long ends"),
    maxSessionsPerWallet: z
      .int()
      .min(1)
      .max(100)
      .default(8)
      .describe("Sessions of one wallet; with one more, the one that was used least recently ends"),
    ownerSeconds: seconds(5, 3_600)
      .default(300)
      .describe("How long it is taken for granted that a wallet owns its meter before the chain is asked again"),
    requestsPerMinute: z.int().min(1).max(100_000).default(240).describe("Requests a session may make in a minute"),
    signInsPerMinute: z
      .int()
      .min(1)
      .max(100_000)
      .default(60)
      .describe("Sign-ins, and requests with unknown tokens, that one address may try in a minute"),
    maxStreams: z.int().min(1).max(400).default(200).describe("Streams of events that are open at the same time"),
    maxStreamsPerWallet: z.int().min(1).max(50).default(4).describe("The same of one wallet"),
    streamSeconds: seconds(1, 60).default(2).describe("Pause between looks for something new to tell the streams"),
    heartbeatSeconds: seconds(1, 300)
      .default(15)
      .describe(
        "A stream without news gets a sign of life after so long, and its session and meters are checked again",
      ),
  })
  .describe(
    "The private API: members see their own meters after signing in with their wallet. Without this section it is off",
  );

export type ApiConfig = z.infer<typeof api>;
