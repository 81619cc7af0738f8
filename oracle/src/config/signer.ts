import { z } from "zod";

import { path, port } from "./fields.ts";

/** Where the device keys are, and who signs with them. */
export const signer = z
  .discriminatedUnion("kind", [
    z
      .strictObject({
        kind: z.literal("process").describe("A process beside the oracle, with the keys of keystoreDir"),
      })
      .describe("Keys in files on this machine"),
    z
      .strictObject({
        kind: z.literal("pkcs11").describe("A process beside the oracle that speaks to a secure element"),
        library: path.describe("The PKCS#11 library of the secure element, a .so file of its maker"),
        token: z.string().min(1).max(32).describe("Label of the token that holds the keys"),
        pinFile: path
          .optional()
          .describe("File (mode 600) with the token's PIN. Without it: the environment variable COMMONWATT_PIN"),
      })
      .describe("Keys in a secure element (P-256), which nobody can copy"),
    z
      .strictObject({
        kind: z.literal("remote").describe('A signer on another machine, started there with the verb "signer"'),
        host: z.string().min(1).describe("Its address"),
        port: port.describe("Its port"),
        caFile: path.describe("Certificate of the authority that made the signer's certificate"),
        certificateFile: path.describe("Certificate by which the signer knows this oracle"),
        keyFile: path.describe("Key (mode 600) of that certificate"),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe("Name in the signer's certificate, where it is not the address it is reached by"),
      })
      .describe("Keys on another machine, reached over TLS in which both sides show a certificate"),
  ])
  .describe("Who signs the days with the devices' keys");
export type SignerConfig = z.infer<typeof signer>;
