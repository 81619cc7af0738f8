import type { Explanations } from "./error-values.ts";

/** Offers, purchases and the network charge. */
export const marketplaceErrors: Explanations = {
  WrongCurrencyDecimals: (v) =>
    `The payment currency has ${v.number("decimals")} decimals; ${v.number("expected")} are needed.`,
  WrongToken: (v) =>
    `The offer is for tokens of another neighbourhood (${v.address("given")}); this marketplace trades ${v.address("expected")}.`,
  OfferExpired: (v) => `The offer expired at ${v.instant("expiry")}; the chain's time is ${v.instant("timestamp")}.`,
  OfferNotActive: (v) => `Offer ${v.number("nonce")} of ${v.address("seller")} was cancelled.`,
  WrongBuyer: (v) => `The offer is meant for ${v.address("expected")} only, not for ${v.address("caller")}.`,
  OfferOverfilled: (v) =>
    `Offer ${v.number("nonce")} has only ${v.energy("remainingWh")} left, less than the ${v.energy("requestedWh")} asked for.`,
  IntervalsOutsideOffer: (v) =>
    `The purchase covers ${v.interval("first")} to ${v.interval("last")}, but the offer only ${v.interval("offerFirst")} to ${v.interval("offerLast")}.`,
  NothingToFill: () => "There is nothing to buy: every amount is zero.",
  InvalidOfferSignature: (v) => `The offer is not signed by its seller, ${v.address("seller")}.`,
  PaymentAboveLimit: (v) =>
    `The purchase costs ${v.money("totalBaseUnits")}, more than the limit of ${v.money("limitBaseUnits")}.`,
  NonceTooLow: (v) =>
    `All offers below number ${v.number("current")} are cancelled already; ${v.number("minNonce")} would change nothing.`,
  ChargeNotInFuture: (v) =>
    `The network charge can change on a future day only: ${v.day("effectiveDay")} is not after ${v.day("today")}.`,
};

/** Errors whose arguments differ between the contracts. */
export const sharedErrors: Explanations = {
  NotMeterOwner: (v) =>
    v.has("seller")
      ? `Only the owner of meter ${v.number("meter")}, ${v.address("owner")}, can offer all its energy without a limit, not ${v.address("seller")}.`
      : `Only the owner of meter ${v.number("meter")}, ${v.address("owner")}, can do this, not ${v.address("caller")}.`,
  NotMultipleOfUnit: (v) =>
    v.has("id")
      ? `${v.energy("energyWh")} of ${v.token("id")} cannot be moved: that meter counts in steps of ${v.energy("unitWh")}.`
      : `${v.energy("energyWh")} cannot be used: the meter counts in steps of ${v.energy("unitWh")}.`,
  SignatureExpired: (v) => `The signature was good until ${v.instant("deadline")} only. Sign again.`,
  InvalidSigner: (v) =>
    `The signature is not valid for ${v.address("account")}: somebody else signed, something was changed, or it was used before.`,
};

/** Energy tokens. */
export const energyTokenErrors: Explanations = {
  NotNeighbourhood: (v) => `Only the neighbourhood itself can make or use up tokens, not ${v.address("caller")}.`,
  ReceiverRefused: (v) => `The receiving contract ${v.address("receiver")} refused the tokens.`,
  EmptyRange: () => "There is nothing to move: the range has no quarter-hours.",
  RangeTooLong: (v) =>
    `A range of ${v.number("length")} quarter-hours is too long: at most ${v.number("limit")} at once.`,
};
