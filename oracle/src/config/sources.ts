import { z } from "zod";

import { PROFILE_NAMES } from "../devices/profile.ts";
import { path, port, seconds, topicLevel } from "./fields.ts";

export const broker = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("embedded"),
    /** Anyone who reaches this address can publish unless users are configured: leave it on loopback otherwise. */
    host: z.string().min(1).default("127.0.0.1"),
    /** 0: a free port, named in the "ready" log line. */
    port: port.default(1883),
    /** File (mode 600) with one `user:password` per line. Required beyond loopback. */
    usersFile: path.optional(),
    /** Users who may subscribe, to everything, at QoS 0. All others only publish. */
    readers: z.array(z.string().min(1)).max(64).default([]),
    /** Clients connected at the same time; more are turned away. */
    maxConnections: z.int().min(1).max(20_000).default(1_000),
  }),
  z.strictObject({
    kind: z.literal("external"),
    url: z.url({ protocol: /^(mqtts?|wss?)$/u, error: "expected a URL such as mqtts://broker.example:8883" }),
    /** The broker keeps unacknowledged messages for this client id while the oracle is down. */
    clientId: z.string().min(1).max(23).default("commonwatt-oracle"),
    usernameFile: path.optional(),
    passwordFile: path.optional(),
    /** PEM file of the authority that signed the broker's certificate; without it the system's authorities. */
    caFile: path.optional(),
    /** PEM files by which the broker knows the oracle, where it asks for a certificate. The key's has mode 600. */
    certificateFile: path.optional(),
    keyFile: path.optional(),
    /**
     * Speaks MQTT 5 and asks the broker to keep the session, with what arrives meanwhile, for so long after the
     * connection ends. Without it MQTT 3.1.1 is spoken, and the broker's own configuration decides.
     */
    sessionExpirySeconds: seconds(60, 90 * 86_400).optional(),
  }),
]);

export const http = z.strictObject({
  /** Beyond loopback the keys travel in clear text: put a proxy that speaks TLS in front. */
  host: z.string().min(1).default("127.0.0.1"),
  port: port.default(8080),
  /** File (mode 600) with the keys that senders show, see `keys http`. */
  keysFile: path,
  maxBodyBytes: z.int().min(1_024).max(16_777_216).default(1_048_576),
  /** Requests a key may make in a minute; beyond that 429. */
  requestsPerMinute: z.int().min(1).max(1_000_000).default(600),
  /** Refuse encrypted input that carries no time: it could be sent again by others once it is forgotten. */
  encryptedNeedsTime: z.boolean().default(false),
});

/** Lines from a tty (set it up with stty), a named pipe, or a file that something appends to. */
export const serial = z
  .array(
    z.strictObject({
      path,
      /** text: `MSG:1,P1:100` or JSON; jeelib: `OK 5 ...`; rfm69: frames in hex; p1: DSMR telegrams. */
      format: z.enum(["text", "jeelib", "rfm69", "p1"]),
      /** The node that text lines and telegrams belong to; radio frames carry their own. */
      node: topicLevel.optional(),
    }),
  )
  .max(16)
  .default([]);

/** Codes of a value in a radio frame, as in struct notation, little endian: signed small, unsigned capital. */
const code = z.enum(["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "f", "d"]);

export const nodes = z
  .array(
    z.strictObject({
      /** Number in radio frames and legacy topics. */
      id: z.int().min(0).max(0xffff).optional(),
      name: topicLevel,
      /** The device, where its frames have a ready layout: instead of names, codes and scales. */
      profile: z.enum(PROFILE_NAMES).optional(),
      /** Names of its values, in their order. */
      names: z.array(topicLevel).max(64).default([]),
      /** Codes of its values in a radio frame, one for all or one each. */
      codes: z.union([code, z.array(code).min(1).max(64)]).default("h"),
      /** Factors, one for all or one each. */
      scales: z.union([z.number(), z.array(z.number()).min(1).max(64)]).default(1),
    }),
  )
  .max(1_024)
  .default([]);
