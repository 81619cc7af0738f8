import { z } from "zod";

import { addressSchema, hexSchema, parseBySchema } from "./schema.ts";

/** An account of a local demo chain. Its key is public: such accounts never exist on another chain. */
const demoAccountSchema = z.strictObject({
  name: z.string().min(1),
  role: z.string().min(1),
  address: addressSchema,
  privateKey: hexSchema.refine((key) => key.length === 66, { error: "a private key: 0x and 64 hex digits" }),
  meter: z.int().min(1).max(0xffff_ffff).optional(),
});

/** Schema of `deployment.json`: where one neighbourhood's contracts are. Written by the deployment, read by all else. */
export const deploymentSchema = z.strictObject({
  name: z.string().min(1),
  chainId: z.int().min(1),
  /** Block from which the contracts' events begin. */
  deploymentBlock: z.int().min(0),
  neighbourhood: addressSchema,
  token: addressSchema,
  marketplace: addressSchema,
  currency: addressSchema,
  deviceRegistry: addressSchema,
  accessManager: addressSchema,
  rpcUrl: z.url({ error: "a URL" }).optional(),
  boardUrl: z.url({ error: "a URL" }).optional(),
  demo: z.strictObject({ accounts: z.array(demoAccountSchema) }).optional(),
});

export type Deployment = z.infer<typeof deploymentSchema>;
export type DemoAccount = z.infer<typeof demoAccountSchema>;

/**
 * Reads the contents of `deployment.json`.
 *
 * @param input - The JSON text, or what it parses to.
 * @throws InvalidValueError naming the first key that is wrong, its value, and what was expected.
 */
export function parseDeployment(input: unknown): Deployment {
  return parseBySchema("deployment", deploymentSchema, input);
}
