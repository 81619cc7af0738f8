import type { Logger } from "pino";

import type { Clock } from "../clock/clock.ts";
import type { Intake } from "../intake/intake.ts";
import type { BodyReader } from "./body.ts";
import type { LastReading } from "./input-get.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RateLimit } from "./rate.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import type { Tally } from "./tally.ts";

/** What answering a request takes. */
export type InputApiParts = {
  keys: KeyRing;
  intake: Intake;
  replays: ReplayGuard;
  lastReading: LastReading;
  clock: Pick<Clock, "nowMs">;
  bodies: BodyReader;
  /** By user. */
  requests: RateLimit;
  /** Wrong keys, by address. */
  wrongKeys: RateLimit;
  maxBodyBytes: number;
  pastToleranceMs: number;
  encryptedNeedsTime: boolean;
  tally: Tally;
  /** Told of what could not be stored; a full disk is not filled further with it. */
  notStored: (error: Error) => void;
  log: Logger;
};
