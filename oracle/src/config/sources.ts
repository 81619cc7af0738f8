import { z } from "zod";

import { PROFILE_NAMES } from "../devices/profile.ts";
import { path, port, seconds, topicLevel } from "./fields.ts";

export const broker = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("embedded").describe("The oracle's own MQTT broker"),
      host: z
        .string()
        .min(1)
        .default("127.0.0.1")
        .describe(
          "Address to listen on. Whoever reaches it can publish unless `usersFile` is set: stay on loopback otherwise",
        ),
      port: port.default(1883).describe('0: a free port, named in the log line "ready"'),
      usersFile: path.optional().describe("File (mode 600) with one `user:password` a line. Required beyond loopback"),
      readers: z
        .array(z.string().min(1))
        .max(64)
        .default([])
        .describe("Users who may subscribe, to everything, at QoS 0. All others only publish"),
      maxConnections: z
        .int()
        .min(1)
        .max(20_000)
        .default(1_000)
        .describe("Clients connected at the same time; more are turned away"),
    }),
    z.strictObject({
      kind: z.literal("external").describe("A broker elsewhere, such as mosquitto"),
      url: z
        .url({ protocol: /^(mqtts?|wss?)$/u, error: "expected a URL such as mqtts://broker.example:8883" })
        .describe("Where the broker is, such as `mqtts://broker.example:8883`"),
      clientId: z
        .string()
        .min(1)
        .max(23)
        .default("commonwatt-oracle")
        .describe("The broker keeps unacknowledged messages for this client id while the oracle is down"),
      usernameFile: path.optional().describe("File with the user name the broker knows the oracle by"),
      passwordFile: path.optional().describe("File (mode 600) with its password"),
      caFile: path
        .optional()
        .describe(
          "PEM file of the authority that signed the broker's certificate; without it the system's authorities",
        ),
      certificateFile: path
        .optional()
        .describe("PEM file by which the broker knows the oracle, where it asks for a certificate"),
      keyFile: path.optional().describe("PEM file (mode 600) with the key of that certificate"),
      sessionExpirySeconds: seconds(60, 90 * 86_400)
        .optional()
        .describe(
          "Speaks MQTT 5 and asks the broker to keep the session, with what arrives meanwhile, for so long after the connection ends. Without it MQTT 3.1.1 is spoken, and the broker's own configuration decides",
        ),
    }),
  ])
  .describe("Where the meters' MQTT messages come from");

export const http = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default("127.0.0.1")
      .describe(
        "Address to listen on. Beyond loopback the keys travel in clear text: put a proxy that speaks TLS in front",
      ),
    port: port.default(8080).describe("0: a free port"),
    keysFile: path.describe("File (mode 600) with the keys that senders show, see `keys http`"),
    maxBodyBytes: z.int().min(1_024).max(16_777_216).default(1_048_576).describe("Largest request body that is read"),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(600)
      .describe("Requests a key may make in a minute; beyond that it is told 429"),
    encryptedNeedsTime: z
      .boolean()
      .default(false)
      .describe("Refuse encrypted input that carries no time: it could be sent again by others once it is forgotten"),
  })
  .describe("The Emoncms HTTP input API. Without it no HTTP port for meters is opened");

export const serial = z
  .array(
    z.strictObject({
      path: path.describe("A tty (set it up with stty), a named pipe, or a file that something appends to"),
      format: z
        .enum(["text", "jeelib", "rfm69", "p1"])
        .describe("text: `MSG:1,P1:100` or JSON; jeelib: `OK 5 ...`; rfm69: frames in hex; p1: DSMR telegrams"),
      node: topicLevel
        .optional()
        .describe("The node that text lines and telegrams belong to; radio frames carry their own"),
    }),
  )
  .max(16)
  .default([])
  .describe("Devices that are read line by line");

const code = z.enum(["b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "f", "d"]);

export const nodes = z
  .array(
    z.strictObject({
      id: z.int().min(0).max(0xffff).optional().describe("Its number in radio frames and legacy topics"),
      name: topicLevel.describe("What the meters below call it"),
      profile: z
        .enum(PROFILE_NAMES)
        .optional()
        .describe("The device, where its frames have a ready layout: instead of names, codes and scales"),
      names: z.array(topicLevel).max(64).default([]).describe("Names of its values, in their order"),
      codes: z
        .union([code, z.array(code).min(1).max(64)])
        .default("h")
        .describe(
          "Codes of its values in a radio frame, one for all or one each, as in struct notation, little endian: signed small, unsigned capital",
        ),
      scales: z
        .union([z.number(), z.array(z.number()).min(1).max(64)])
        .default(1)
        .describe("Factors of its values, one for all or one each"),
    }),
  )
  .max(1_024)
  .default([])
  .describe("What the numbers of a node are called where its messages do not say so: CSV, legacy topics, radio frames");
