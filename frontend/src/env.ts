import { z } from "zod";

const schema = z.object({
  /** "1" builds the demo wallet in: private keys of local accounts. Never set it for a public chain. */
  VITE_DEMO: z.enum(["0", "1"]).default("0"),
});

/** Build-time settings of the dApp. */
export type Env = { demo: boolean };

/**
 * Reads the build-time settings.
 *
 * @param raw - `import.meta.env`.
 * @throws Error naming the variable and what was expected.
 */
export function parseEnv(raw: unknown): Env {
  const result = schema.safeParse(raw);
  if (!result.success) throw new Error(`Build settings are wrong: ${z.prettifyError(result.error)}`);
  return { demo: result.data.VITE_DEMO === "1" };
}
