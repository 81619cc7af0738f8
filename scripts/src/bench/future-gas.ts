import { decodeIntervals } from "@commonwatt/sdk/profile";
import { decodeSettleDay } from "@commonwatt/sdk/settlement/calldata";
import { type Hex, hexToBytes } from "viem";

import { encodeShort } from "./short-encoding.ts";

const ZERO_BYTE_GAS = 4;
const BYTE_GAS = 16;
const TRANSACTION_GAS = 21_000;
/** EIP-7976: a transaction pays at least this for each byte of calldata, zero or not. */
const FLOOR_BYTE_GAS = 64;
/** EIP-8037: gas of a byte of new state, and bytes of a new storage slot. */
export const STATE_BYTE_GAS = 1_530;
export const NEW_SLOT_BYTES = 64;

/** What a settlement's calldata costs, now and by the rules that are coming. */
export type CalldataColumns = {
  readonly calldataBytes: number;
  /** 4 gas a zero byte, 16 any other: part of the measured gas. */
  readonly calldataGas: number;
  /** Measured gas under EIP-7976: the floor where it is more. */
  readonly gasEip7976: number;
  /** The intervals of a profile in the shorter encoding, mean bytes of 384. */
  readonly shortIntervalsBytes: number;
  readonly shortCalldataBytes: number;
  /** Under EIP-7976 with the shorter encoding. Unpacking it on chain is not in it: nobody has written that. */
  readonly gasEip7976Short: number;
};

/**
 * @param input - Of a settlement's transaction.
 * @param settleGas - What that transaction took.
 */
export function calldataColumns(input: Hex, settleGas: number): CalldataColumns {
  const bytes = hexToBytes(input);
  const profiles = decodeSettleDay(input).classes.flatMap((of) => of.profiles);
  let savedBytes = 0;
  let savedGas = 0;
  for (const { intervals } of profiles) {
    const { imports, exports } = decodeIntervals(intervals);
    const plain = hexToBytes(intervals);
    const short = encodeShort([...imports, ...exports]);
    savedBytes += plain.length - short.length;
    savedGas += gasOfBytes(plain) - gasOfBytes(short);
  }
  const shortCalldataBytes = bytes.length - savedBytes;
  return {
    calldataBytes: bytes.length,
    calldataGas: gasOfBytes(bytes),
    gasEip7976: Math.max(settleGas, floorOf(bytes.length)),
    shortIntervalsBytes: 384 - savedBytes / Math.max(1, profiles.length),
    shortCalldataBytes,
    gasEip7976Short: Math.max(settleGas - savedGas, floorOf(shortCalldataBytes)),
  };
}

function gasOfBytes(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + (byte === 0 ? ZERO_BYTE_GAS : BYTE_GAS), 0);
}

function floorOf(bytes: number): number {
  return TRANSACTION_GAS + FLOOR_BYTE_GAS * bytes;
}
