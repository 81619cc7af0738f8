import { type Hex, concatHex, encodeAbiParameters, keccak256, stringToHex } from "viem";

import type { Eip712Domain } from "../src/domains.ts";

type Field = { name: string; type: string };

/** `Name(type field,...)` of one EIP-712 type, as a contract's type hash has it. */
export function encodeType(types: Readonly<Record<string, readonly Field[]>>, name: string): string {
  return `${name}(${(types[name] ?? []).map((field) => `${field.type} ${field.name}`).join(",")})`;
}

/** Separator of a domain, computed as EIP-712 says, apart from any library's typed data. */
export function domainSeparator(domain: Eip712Domain): Hex {
  const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  return keccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "bytes32" }, { type: "bytes32" }, { type: "uint256" }, { type: "address" }],
      [
        keccak256(stringToHex(type)),
        keccak256(stringToHex(domain.name)),
        keccak256(stringToHex(domain.version)),
        BigInt(domain.chainId),
        domain.verifyingContract,
      ],
    ),
  );
}

/** What is signed: keccak256 of 0x1901, domain separator and struct hash. */
export function digest(domain: Eip712Domain, structHash: Hex): Hex {
  return keccak256(concatHex(["0x1901", domainSeparator(domain), structHash]));
}
