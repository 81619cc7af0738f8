import { hashTypedData } from "viem";
import { describe, expect, it } from "vitest";

import { AT, DAY } from "../test/samples.ts";
import { solidityText } from "../test/solidity.ts";
import { encodeType } from "../test/typed-data.ts";
import {
  approvalTypedData,
  cancelAllTypedData,
  cancelTypedData,
  defundMeterTypedData,
  fillManyTypedData,
  fundMeterTypedData,
  retireTypedData,
  revokeDeviceTypedData,
  setSettingsTypedData,
  transferBatchTypedData,
  withdrawTypedData,
} from "./actions.ts";
import { marketplaceDomain, neighbourhoodDomain, tokenDomain } from "./domains.ts";
import { encodeRemainingImports } from "./remaining-imports.ts";

const relayed = { nonce: 3n, deadline: 1_500_000_000n };
const account = AT.neighbourhood;
const other = AT.token;
const retirement = {
  meter: 7,
  day: DAY,
  remainingImports: encodeRemainingImports(new Array<number>(96).fill(1)),
  ranges: [{ meter: 3, firstInterval: DAY * 96, energyWh: [1, 0, 1] }],
};

const actions = {
  retire: retireTypedData(neighbourhoodDomain(AT), retirement, relayed),
  revokeDevice: revokeDeviceTypedData(neighbourhoodDomain(AT), { meter: 7, ...relayed }),
  withdraw: withdrawTypedData(neighbourhoodDomain(AT), { account, to: other, amountBaseUnits: 5n, ...relayed }),
  fundMeter: fundMeterTypedData(neighbourhoodDomain(AT), { meter: 7, amountBaseUnits: 5n, ...relayed }),
  defundMeter: defundMeterTypedData(neighbourhoodDomain(AT), { meter: 7, amountBaseUnits: 5n, ...relayed }),
  setSettings: setSettingsTypedData(neighbourhoodDomain(AT), {
    meter: 7,
    settings: { sharing: true, community: false, askTicks: 1_000, bidTicks: 2_000 },
    ...relayed,
  }),
  approval: approvalTypedData(tokenDomain(AT), { owner: account, operator: other, approved: true, ...relayed }),
  transferBatch: transferBatchTypedData(tokenDomain(AT), {
    from: account,
    to: other,
    ids: [1n],
    values: [2n],
    ...relayed,
  }),
  fillMany: fillManyTypedData(marketplaceDomain(AT), {
    buyer: account,
    fills: [],
    maxPaymentBaseUnits: 5n,
    ...relayed,
  }),
  cancel: cancelTypedData(marketplaceDomain(AT), { seller: account, offerNonce: 9n, ...relayed }),
  cancelAll: cancelAllTypedData(marketplaceDomain(AT), { seller: account, minNonce: 9n, ...relayed }),
};

describe("typed data of signed actions", () => {
  const natSpec = solidityText();

  it.each(Object.entries(actions))("of %s is what the contract's NatSpec says is signed", (_name, { types }) => {
    for (const name of Object.keys(types)) expect(natSpec).toContain(`\`${encodeType(types, name)}\``);
  });

  it.each(Object.entries(actions))("of %s can be hashed: every field has its value", (_name, typedData) => {
    const message: Record<string, unknown> = typedData.message;
    const types: Record<string, readonly { name: string }[]> = typedData.types;
    expect(Object.keys(message).toSorted()).toEqual(types[typedData.primaryType]?.map(({ name }) => name).toSorted());
    expect(hashTypedData(typedData as Parameters<typeof hashTypedData>[0])).toMatch(/^0x[0-9a-f]{64}$/u);
  });

  it("differs between any two actions and contracts", () => {
    const hashes = Object.values(actions).map((typedData) =>
      hashTypedData(typedData as Parameters<typeof hashTypedData>[0]),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
