import { id } from "ethers";

/** Names of the roles that govern a neighbourhood. */
export type RoleName = "operator" | "governor" | "guardian" | "treasurer" | "announcer";

type Role = {
  name: RoleName;
  /** Number in OpenZeppelin's AccessManager; 0 is its admin. */
  id: bigint;
  /** Signatures of what the role may call, by contract. Every other governed call is the admin's. */
  neighbourhood: readonly string[];
  marketplace: readonly string[];
};

const REGISTRATION = "(address,uint32,uint64,uint64,uint8,uint8,bytes)";

/** Who may do what. */
export const ROLES: readonly Role[] = [
  {
    name: "operator",
    id: 1n,
    neighbourhood: [
      "admitMember(address)",
      "removeMember(address)",
      "registerMeter((uint32,address,uint8,uint8,uint8,uint32,bytes32))",
      "closeMeter(uint32)",
      `registerDevice(${REGISTRATION})`,
      `rotateDevice(${REGISTRATION})`,
    ],
    marketplace: [],
  },
  {
    name: "governor",
    id: 2n,
    neighbourhood: [
      "setCap(uint32,uint32)",
      "rebaseRegisters(uint32,uint64,uint64,string)",
      "endSharing(uint32)",
      "allowSharing(uint32)",
      "setTariff(uint32,(uint16,uint16))",
      "unpause()",
    ],
    marketplace: ["scheduleNetworkCharge(uint16,uint32)"],
  },
  { name: "guardian", id: 3n, neighbourhood: ["revokeDevice(uint32)", "pause()"], marketplace: [] },
  {
    name: "treasurer",
    id: 4n,
    neighbourhood: ["collectTreasury(address)"],
    marketplace: ["collectNetworkCharges(address)"],
  },
  // The account of the oracle, whose key is on a machine that is always on: it opens windows and can do nothing else.
  { name: "announcer", id: 5n, neighbourhood: ["announce(uint32,uint256)"], marketplace: [] },
];

/** Four-byte selectors of function signatures. */
export function selectors(signatures: readonly string[]): string[] {
  return signatures.map((signature) => id(signature).slice(0, 10));
}
