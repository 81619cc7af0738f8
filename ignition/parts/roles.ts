import { id } from "ethers";

/** Names of the roles that govern a neighbourhood. */
export type RoleName = "operator" | "governor" | "guardian" | "treasurer";

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
      "announce(uint32,uint256)",
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
];

/** Four-byte selectors of function signatures. */
export function selectors(signatures: readonly string[]): string[] {
  return signatures.map((signature) => id(signature).slice(0, 10));
}
