import type { Address, Hex } from "viem";

import type { Eip712Domain } from "./domains.ts";
import { type Fill, hashOrders } from "./offers.ts";
import type { EnergyRange } from "./remaining-imports.ts";
import type { Settings } from "./settlement/types.ts";

/**
 * Typed data of every member action that somebody else may submit. `nonce` is the account's next nonce in the same
 * contract (`nonces(account)`), `deadline` the last unix second at which the signature is good.
 */
type Relayed = { nonce: bigint; deadline: bigint };

const RELAYED = [
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
] as const;

const METER_MONEY = [
  { name: "meter", type: "uint32" },
  { name: "amountBaseUnits", type: "uint256" },
  ...RELAYED,
] as const;

/** A use of energy tokens against the signed imports of one meter and day. The contract's `Retirement`. */
export type Retirement = {
  /** The importing meter. */
  meter: number;
  day: number;
  /** 192 bytes: the current vector. */
  remainingImports: Hex;
  ranges: readonly EnergyRange[];
};

/** For `retireBySig`; signed by the owner of the importing meter. `domain` is the neighbourhood's. */
export function retireTypedData(domain: Eip712Domain, retirement: Retirement, { nonce, deadline }: Relayed) {
  return {
    domain,
    types: {
      Retire: [
        { name: "meter", type: "uint32" },
        { name: "day", type: "uint32" },
        { name: "remainingImports", type: "bytes" },
        { name: "ranges", type: "EnergyRange[]" },
        ...RELAYED,
      ],
      EnergyRange: [
        { name: "meter", type: "uint32" },
        { name: "firstInterval", type: "uint32" },
        { name: "energyWh", type: "uint32[]" },
      ],
    },
    primaryType: "Retire",
    message: { ...retirement, nonce, deadline },
  } as const;
}

/** For `revokeMyDeviceBySig`; signed by the owner of the meter. `domain` is the neighbourhood's. */
export function revokeDeviceTypedData(domain: Eip712Domain, { meter, nonce, deadline }: { meter: number } & Relayed) {
  return {
    domain,
    types: { RevokeDevice: [{ name: "meter", type: "uint32" }, ...RELAYED] },
    primaryType: "RevokeDevice",
    message: { meter, nonce, deadline },
  } as const;
}

/** For `withdrawBySig`; signed by the owner of the account. `domain` is the neighbourhood's. */
export function withdrawTypedData(
  domain: Eip712Domain,
  message: { account: Address; to: Address; amountBaseUnits: bigint } & Relayed,
) {
  return {
    domain,
    types: {
      Withdraw: [
        { name: "account", type: "address" },
        { name: "to", type: "address" },
        { name: "amountBaseUnits", type: "uint256" },
        ...RELAYED,
      ],
    },
    primaryType: "Withdraw",
    message,
  } as const;
}

/** For `fundMeterBySig`; signed by the owner of the meter. `domain` is the neighbourhood's. */
export function fundMeterTypedData(
  domain: Eip712Domain,
  message: { meter: number; amountBaseUnits: bigint } & Relayed,
) {
  return { domain, types: { FundMeter: METER_MONEY }, primaryType: "FundMeter", message } as const;
}

/** For `defundMeterBySig`; signed by the owner of the meter. `domain` is the neighbourhood's. */
export function defundMeterTypedData(
  domain: Eip712Domain,
  message: { meter: number; amountBaseUnits: bigint } & Relayed,
) {
  return { domain, types: { DefundMeter: METER_MONEY }, primaryType: "DefundMeter", message } as const;
}

/** For `setSettingsBySig`; signed by the owner of the meter. `domain` is the neighbourhood's. */
export function setSettingsTypedData(
  domain: Eip712Domain,
  { meter, settings, nonce, deadline }: { meter: number; settings: Settings } & Relayed,
) {
  const { sharing, community, askTicks, bidTicks } = settings;
  return {
    domain,
    types: {
      SetSettings: [
        { name: "meter", type: "uint32" },
        { name: "sharing", type: "bool" },
        { name: "community", type: "bool" },
        { name: "askTicks", type: "uint16" },
        { name: "bidTicks", type: "uint16" },
        ...RELAYED,
      ],
    },
    primaryType: "SetSettings",
    message: { meter, sharing, community, askTicks, bidTicks, nonce, deadline },
  } as const;
}

/** For `setApprovalForAllBySig`; signed by the holder. `domain` is the token's. */
export function approvalTypedData(
  domain: Eip712Domain,
  message: { owner: Address; operator: Address; approved: boolean } & Relayed,
) {
  return {
    domain,
    types: {
      SetApprovalForAll: [
        { name: "owner", type: "address" },
        { name: "operator", type: "address" },
        { name: "approved", type: "bool" },
        ...RELAYED,
      ],
    },
    primaryType: "SetApprovalForAll",
    message,
  } as const;
}

/** For `safeBatchTransferFromBySig`; signed by the holder. `domain` is the token's. */
export function transferBatchTypedData(
  domain: Eip712Domain,
  message: { from: Address; to: Address; ids: readonly bigint[]; values: readonly bigint[] } & Relayed,
) {
  return {
    domain,
    types: {
      TransferBatch: [
        { name: "from", type: "address" },
        { name: "to", type: "address" },
        { name: "ids", type: "uint256[]" },
        { name: "values", type: "uint256[]" },
        ...RELAYED,
      ],
    },
    primaryType: "TransferBatch",
    message,
  } as const;
}

/** For `fillManyBySig`; signed by the buyer. `domain` is the marketplace's. */
export function fillManyTypedData(
  domain: Eip712Domain,
  purchase: { buyer: Address; fills: readonly Fill[]; maxPaymentBaseUnits: bigint } & Relayed,
) {
  const { buyer, fills, maxPaymentBaseUnits, nonce, deadline } = purchase;
  return {
    domain,
    types: {
      FillMany: [
        { name: "buyer", type: "address" },
        { name: "orders", type: "bytes32" },
        { name: "maxPaymentBaseUnits", type: "uint256" },
        ...RELAYED,
      ],
    },
    primaryType: "FillMany",
    message: { buyer, orders: hashOrders(domain, fills), maxPaymentBaseUnits, nonce, deadline },
  } as const;
}

/** For `cancelBySig`; signed by the seller. `domain` is the marketplace's. */
export function cancelTypedData(domain: Eip712Domain, message: { seller: Address; offerNonce: bigint } & Relayed) {
  return {
    domain,
    types: {
      Cancel: [{ name: "seller", type: "address" }, { name: "offerNonce", type: "uint64" }, ...RELAYED],
    },
    primaryType: "Cancel",
    message,
  } as const;
}

/** For `cancelAllBySig`; signed by the seller. `domain` is the marketplace's. */
export function cancelAllTypedData(domain: Eip712Domain, message: { seller: Address; minNonce: bigint } & Relayed) {
  return {
    domain,
    types: {
      CancelAll: [{ name: "seller", type: "address" }, { name: "minNonce", type: "uint64" }, ...RELAYED],
    },
    primaryType: "CancelAll",
    message,
  } as const;
}
