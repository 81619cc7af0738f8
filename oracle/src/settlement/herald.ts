import { day as asDay, dayEnd, isoDay } from "@commonwatt/sdk/time";
import type { Logger } from "pino";

import type { Snapshot } from "./build-view.ts";
import type { Step } from "./next-step.ts";
import type { View } from "./view.ts";

/** Tells the operator what changes in the market without a transaction of ours, each thing once. */
export type Herald = { look(view: View, step: Step, snapshot: Snapshot): void };

/** @example instant(1_780_000_000) // "2026-05-28T20:26:40.000Z" */
const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

export function createHerald(log: Logger): Herald {
  const said = new Map<string, string>();

  /** Says it when it differs from what was last said of the same subject. */
  function once(subject: string, what: string, say: () => void): void {
    if (said.get(subject) === what) return;
    said.set(subject, what);
    say();
  }

  return {
    look(view, step, { market }) {
      const { window, next } = view;
      // Day 0 of the market was never announced.
      if (window === undefined && market.settledAt === 0 && market.openedAt !== 0) {
        once("void", String(market.day), () => {
          const day = isoDay(asDay(market.day));
          log.warn(
            { event: "void", day, nextWindowOpensAt: instant(next.opensAt) },
            `${day} is void: its window closed without a settlement. Its energy is not shared; the next window opens ${instant(next.opensAt)} or later`,
          );
        });
      }
      once("paused", String(view.paused), () => {
        if (view.paused) {
          log.warn({ event: "paused" }, "The guardian has paused the settlement: no day is announced or settled");
        } else log.debug({ event: "not-paused" }, "The settlement is not paused");
      });
      if (window !== undefined) {
        once("window", String(window.day), () => {
          log.info(
            { event: "window", day: isoDay(window.day), closesAt: instant(window.closesAt) },
            `The window of ${isoDay(window.day)} is open until ${instant(window.closesAt)}; it can be settled from ${instant(window.settlesFrom)}`,
          );
        });
        once("forced", `${window.day} ${market.forcedCount}`, () => {
          if (market.forcedCount === 0) return;
          log.info(
            { event: "forced", day: isoDay(window.day), profiles: market.forcedCount },
            `${market.forcedCount} profiles were forced into the window of ${isoDay(window.day)}`,
          );
        });
      }
      for (const { meter, sharing, shares, profiles } of view.meters) {
        // In its window the profile of a device that was revoked meanwhile still counts.
        const days = profiles.filter(({ day }) => day !== window?.day).map(({ day }) => isoDay(day));
        if (!sharing || shares || days.length === 0) continue;
        once(`stranded ${meter}`, days.join(), () => {
          log.warn(
            { event: "stranded", meter, days },
            `Meter ${meter} shares and its device is revoked: its profile of ${days.join(", ")} can be neither settled nor late; its energy stays in the registers and comes with the device that follows`,
          );
        });
      }
      if (step.do === "wait" && step.for === "profiles" && view.closedAsOf >= dayEnd(next.day)) {
        once("awaited", `${next.day} ${step.awaited.join()}`, () => {
          log.info(
            { event: "awaiting", day: isoDay(next.day), meters: step.awaited, until: instant(step.until) },
            `${isoDay(next.day)} waits for the profile of meter ${step.awaited.join(", ")}, until ${instant(step.until)}`,
          );
        });
      }
    },
  };
}
