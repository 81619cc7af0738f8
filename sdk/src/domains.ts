import type { Address } from "viem";

/** EIP-712 domain of one contract on one chain: a signature for it is worth nothing anywhere else. */
export type Eip712Domain = {
  name: string;
  version: string;
  chainId: number;
  verifyingContract: Address;
};

/** Domain of profiles, proofs of possession, retirements and revocations. */
export function neighbourhoodDomain(at: { chainId: number; neighbourhood: Address }): Eip712Domain {
  return { name: "Commonwatt", version: "1", chainId: at.chainId, verifyingContract: at.neighbourhood };
}

/** Domain of signed approvals and transfers of energy tokens. */
export function tokenDomain(at: { chainId: number; token: Address }): Eip712Domain {
  return { name: "Commonwatt Energy", version: "1", chainId: at.chainId, verifyingContract: at.token };
}

/** Domain of offers, signed purchases and signed cancellations. */
export function marketplaceDomain(at: { chainId: number; marketplace: Address }): Eip712Domain {
  return { name: "Commonwatt Marketplace", version: "1", chainId: at.chainId, verifyingContract: at.marketplace };
}
