import { day, dayEnd } from "@commonwatt/sdk/time";
import type { Address } from "viem";
import { describe, expect, test } from "vitest";

import type { MarketOnChain, MeterOnChain } from "../chain/market.ts";
import { buildView, sharesOn } from "./build-view.ts";
import { nextStep } from "./next-step.ts";
import { statusOf } from "./status.ts";

const DAY = 20_600;
const DEVICE: Address = "0x00000000000000000000000000000000000000d1";
const OTHER: Address = "0x00000000000000000000000000000000000000d2";
const WINDOW_SECONDS = 7_200;
const NOW = dayEnd(day(DAY)) + 600;

const sharing = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
const byHand = { ...sharing, sharing: false, community: false };

function meter(changes: Partial<Omit<MeterOnChain, "state">> & { state?: Partial<MeterOnChain["state"]> } = {}) {
  const { state, ...rest } = changes;
  const registered: MeterOnChain = {
    meter: 1,
    device: DEVICE,
    settings: undefined,
    deviceDay: undefined,
    ...rest,
    state: {
      ...sharing,
      meter: 1,
      active: true,
      lastDay: DAY - 1,
      importRegister: 0n,
      exportRegister: 0n,
      capUnits: 100,
      unitExponent: 0,
      seat: 5,
      settingsQueued: false,
      deviceQueued: false,
      balanceBaseUnits: 0n,
      ...state,
    },
  };
  return registered;
}

const settledYesterday: MarketOnChain = {
  day: DAY - 1,
  openedAt: NOW - 86_400,
  settledAt: NOW - 80_000,
  paused: false,
  forcedCount: 0,
};

function view(
  meters: readonly MeterOnChain[],
  { market = settledYesterday, device = DEVICE, days = [DAY], nextAttemptMs = 0 } = {},
) {
  return buildView({
    snapshot: { block: 1n, market, closingWindowSeconds: WINDOW_SECONDS, meters },
    waiting: days.map((number) => ({ id: number, meter: 1, day: day(number), device, nextAttemptMs })),
    unrecorded: new Map([[1, DAY - 3]]),
    machineMs: 1_000,
    now: NOW,
    closedAsOf: NOW,
    startedAt: 0,
    graceSeconds: 60,
    deadlineSeconds: 600,
    enabled: true,
  });
}

const only = (...args: Parameters<typeof view>) => view(...args).meters[0];

describe("a meter, as the next step sees it,", () => {
  test("shares by its word, with the profiles its device signed", () => {
    expect(only([meter()])).toEqual({
      meter: 1,
      seat: 5,
      sharing: true,
      shares: true,
      lastDay: DAY - 1,
      changes: [],
      joinsOn: undefined,
      profiles: [{ id: DAY, day: DAY, ready: true }],
      unrecordedDay: DAY - 3,
    });
  });

  test("does not share with a revoked device", () => {
    expect(only([meter({ state: { active: false } })])).toMatchObject({ sharing: true, shares: false });
  });

  test("has no profile that another device signed, and none of a day that is consumed", () => {
    expect(only([meter()], { device: OTHER })).toMatchObject({ profiles: [] });
    expect(only([meter({ state: { lastDay: DAY } })], { days: [DAY, DAY + 1] })).toMatchObject({
      profiles: [{ day: DAY + 1 }],
    });
  });

  test("has no profile of a day from which on it trades by hand", () => {
    const leaving = meter({ settings: { effectiveDay: DAY + 1, settings: byHand } });
    expect(only([leaving], { days: [DAY, DAY + 1] })).toMatchObject({
      changes: [DAY + 1],
      joinsOn: undefined,
      profiles: [{ day: DAY }],
    });
  });

  test("joins on the day of its queued settings", () => {
    const joining = meter({ state: byHand, settings: { effectiveDay: DAY, settings: sharing }, deviceDay: DAY + 1 });
    expect(only([joining])).toMatchObject({ shares: false, joinsOn: DAY, changes: [DAY, DAY + 1] });
  });

  test("waits with a profile whose pause is not over", () => {
    expect(only([meter()], { nextAttemptMs: 1_001 })).toMatchObject({ profiles: [{ ready: false }] });
    expect(only([meter()], { nextAttemptMs: 1_000 })).toMatchObject({ profiles: [{ ready: true }] });
  });
});

test("the mode of a day is that of the last change that has begun by then", () => {
  const leaving = meter({ settings: { effectiveDay: DAY, settings: byHand } });
  expect([DAY - 1, DAY, DAY + 1].map((number) => sharesOn(leaving, number))).toEqual([true, false, false]);
});

describe("the market, as the next step sees it,", () => {
  const open = { ...settledYesterday, day: DAY, openedAt: NOW - 3_599, settledAt: 0 };

  test("has the window that is open, until it is settled or over", () => {
    const window = { day: DAY, settlesFrom: NOW + 1, closesAt: NOW - 3_599 + WINDOW_SECONDS };
    expect(view([meter()], { market: open })).toMatchObject({ window, next: { day: DAY + 1 } });
    expect(view([meter()], { market: { ...open, settledAt: NOW } }).window).toBeUndefined();
    expect(view([meter()], { market: { ...open, openedAt: NOW - WINDOW_SECONDS } }).window).toBeUndefined();
  });

  test("is told to whoever asks for the health, as of the moment it was looked at", () => {
    const between = view([meter()]);
    expect(statusOf(between, nextStep(between), { underWay: false, lastSettledDay: DAY - 1 })).toEqual({
      asOf: NOW,
      nextDay: DAY,
      windowDay: null,
      windowOpensAt: dayEnd(day(DAY)),
      settleFrom: null,
      closesAt: null,
      lastSettledDay: DAY - 1,
      waitingFor: "confirmation",
      wakeAt: null,
      awaited: [],
      sharingMeters: 1,
      paused: false,
    });
    const hour = view([meter()], { market: open });
    expect(statusOf(hour, nextStep(hour), { underWay: false, lastSettledDay: undefined })).toMatchObject({
      nextDay: DAY,
      windowDay: DAY,
      waitingFor: "hour",
      wakeAt: NOW + 1,
      settleFrom: NOW + 1,
      lastSettledDay: null,
    });
    // What was sent may still change all that.
    expect(statusOf(hour, nextStep(hour), { underWay: true, lastSettledDay: undefined })).toMatchObject({
      waitingFor: "confirmation",
      wakeAt: null,
    });
  });

  test("names the meters whose profiles it waits for", () => {
    const silent = { ...view([meter()], { days: [] }), deadlineSeconds: 3_600 };
    expect(statusOf(silent, nextStep(silent), { underWay: false, lastSettledDay: undefined })).toMatchObject({
      waitingFor: "profiles",
      awaited: [1],
      wakeAt: dayEnd(day(DAY)) + 3_600,
    });
  });
});
