import type { Eip712Domain } from "@commonwatt/sdk/domains";
import type { Address } from "viem";

/** Typed data of an ERC-2612 permit. `domain` is the currency's own (ERC-5267). */
export function permitTypedData(
  domain: Eip712Domain,
  message: { owner: Address; spender: Address; value: bigint; nonce: bigint; deadline: bigint },
) {
  return {
    domain,
    types: {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    primaryType: "Permit",
    message,
  } as const;
}
