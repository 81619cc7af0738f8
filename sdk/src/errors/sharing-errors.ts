import type { Explanations } from "./error-values.ts";

/** Money of accounts and meters. */
export const accountErrors: Explanations = {
  WrongAmountReceived: (v) =>
    `The currency moved ${v.money("receivedBaseUnits")} instead of ${v.money("expectedBaseUnits")}: one that takes a fee on transfers cannot be used.`,
  NothingToMove: () => "There is nothing to move: the amount is zero.",
  InsufficientAccount: (v) =>
    `The account ${v.address("account")} has ${v.money("balanceBaseUnits")}, but ${v.money("neededBaseUnits")} is needed. Deposit more first.`,
  InsufficientMeterBalance: (v) =>
    `Meter ${v.number("meter")} holds ${v.money("balanceBaseUnits")}, but ${v.money("neededBaseUnits")} is needed.`,
  TooMuchMoney: (v) =>
    `The neighbourhood would hold ${v.money("heldBaseUnits")} in all, more than the ${v.money("limitBaseUnits")} it can count.`,
};

/** How a meter takes part in the day settlement. */
export const sharingErrors: Explanations = {
  InvalidSettings: () =>
    "These settings contradict each other: limits are only for sharing with limits of one's own, not at the community price and not by hand.",
  InvalidReceiver: (v) => `Money cannot be paid to the neighbourhood's own contract ${v.address("to")}.`,
  MayNotShare: (v) =>
    `The sharing of meter ${v.number("meter")} was ended by the neighbourhood. Ask it to allow sharing again.`,
  MayShare: (v) => `The sharing of meter ${v.number("meter")} was not ended: there is nothing to allow.`,
  ChangeHasBegun: (v) =>
    `Meter ${v.number("meter")} has a change waiting since ${v.day("effectiveDay")}. It must be applied before another is made.`,
  TooManyLimitClasses: () =>
    "The neighbourhood has 32 different pairs of price limits already, as many as there can be: choose one that others have, or the community price.",
  NeighbourhoodFull: (v) =>
    `The neighbourhood is full: ${v.number("sharingMeters")} meters share, and one more would not fit into its daily settlement.`,
  CommunityPriceTooHigh: (v) =>
    `The community price and the network charge are too high: together they can be ${v.number("maxSumTicks")} ticks at most.`,
  TariffDayNotAhead: (v) =>
    `Prices cannot change from ${v.day("effectiveDay")} on: today is ${v.day("today")}, and a change begins tomorrow or later.`,
  TariffPending: (v) =>
    `The prices that changed on ${v.day("effectiveDay")} come first: days before it are not settled yet.`,
};

/** The closing window, and who takes part. */
export const windowErrors: Explanations = {
  InvalidClosingWindow: (v) =>
    `A closing window of ${v.number("seconds_")} seconds is not possible: it must be ${v.number("least")} to ${v.number("most")}.`,
  IsPaused: () => "The settlement is paused by the guardian. Money can still be withdrawn.",
  NotPaused: () => "The settlement is not paused.",
  NotNextDay: (v) => `${v.day("day")} cannot be announced: ${v.day("expected")} comes first.`,
  WindowNotYet: (v) =>
    `The next day can be announced from ${v.instant("opensAt")} on; the chain's time is ${v.instant("timestamp")}.`,
  NoWindow: (v) => `No settlement of ${v.day("day")} is under way.`,
  WindowHasClosed: (v) => `The time to settle ${v.day("day")} ran out at ${v.instant("closedAt")}: nothing is shared.`,
  ForcingHour: (v) =>
    `${v.day("day")} can be settled from ${v.instant("endsAt")} on: until then members who were left out can join.`,
  ForcingHourOver: (v) => `The hour in which a left-out day can join ${v.day("day")} ended at ${v.instant("endedAt")}.`,
  StandsStill: (v) =>
    `Nothing about meter ${v.number("meter")} can change while ${v.day("day")} is being settled, until ${v.instant("until")} at the latest.`,
  AlreadyIncluded: (v) => `Meter ${v.number("meter")} is in the settlement of ${v.day("day")} already.`,
  NotSharing: (v) => `Meter ${v.number("meter")} does not share on ${v.day("day")}.`,
  IsSharing: (v) =>
    `Meter ${v.number("meter")} shares on ${v.day("day")}: its day is settled together with the others', not recorded alone.`,
  DayStillOpen: (v) => `${v.day("day")} can still be settled: only what a settlement missed can be added late.`,
};

/** What a settlement must be, so that no other can be accepted. */
export const settlementErrors: Explanations = {
  NotTopLevel: (v) =>
    `A day must be settled by an ordinary account's own transaction, not through the contract ${v.address("caller")}.`,
  InvalidClaimsLength: (v) =>
    `The claims of the settlement have ${v.number("length")} bytes, expected ${v.number("expected")}.`,
  InvalidSides: () => "The settlement claims something for intervals that no day has.",
  MalformedBatch: (v) =>
    `The settlement's profiles are cut off: they need ${v.number("consumed")} bytes and have ${v.number("length")}.`,
  NotAnnounced: (v) => `Meter ${v.number("meter")} was not announced for ${v.day("day")}.`,
  DuplicateMeter: (v) => `Meter ${v.number("meter")} is in the settlement of ${v.day("day")} twice.`,
  WrongClass: (v) => `The settlement gives meter ${v.number("meter")} limits or a unit that are not its own.`,
  BatchIncomplete: () => "The settlement leaves out meters that were announced.",
  NotTheForcedProfile: (v) =>
    `The settlement of ${v.day("day")} does not have the profiles that members put into it, in their order.`,
  NoReasonToSkip: (v) => `Nothing says that meter ${v.number("meter")} may be left out of ${v.day("day")}.`,
  PricesCrossed: (v) =>
    `The settlement's prices at ${v.timeOfDay("interval")} are crossed: from ${v.price("lowTicks")} to ${v.price("highTicks")}.`,
  WitnessFails: (v) =>
    `The settlement says that nothing could be sold at ${v.timeOfDay("interval")}, but something could.`,
  PriceDoesNotClear: (v) =>
    `Supply and demand at ${v.timeOfDay("interval")} do not balance at ${v.price("priceTicks")}.`,
  NotLowestPrice: (v) =>
    `At ${v.timeOfDay("interval")} a price below ${v.price("lowTicks")} would balance supply and demand too.`,
  NotHighestPrice: (v) =>
    `At ${v.timeOfDay("interval")} a price above ${v.price("highTicks")} would balance supply and demand too.`,
  NoVolume: (v) => `The settlement names a price for ${v.timeOfDay("interval")}, but nothing can be sold then.`,
  WrongSide: (v) => `The settlement lets the wrong side share at ${v.timeOfDay("interval")}.`,
  WrongEffectivePrice: (v) => `The settlement's share of the price at ${v.timeOfDay("interval")} is wrong.`,
};
