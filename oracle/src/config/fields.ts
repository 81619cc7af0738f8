import { z } from "zod";

export const path = z.string().min(1);
export const port = z.int().min(0).max(65_535);
export const seconds = (min: number, max: number) => z.int().min(min).max(max);
/** One level of an MQTT topic: what OpenEnergyMonitor calls a node or an input. */
export const topicLevel = z
  .string()
  .regex(/^[^/+#\p{Cc}]{1,64}$/u, { error: "expected 1 to 64 characters without '/', '+' or '#'" });
