import { deflateRawSync } from "node:zlib";

import { type Hex, hexToBytes } from "viem";

/** Prices that the cost model takes as given: none of them is measured here. */
export type CostInputs = {
  readonly ethEur: number;
  /** Price of gas on the main chain, gwei. */
  readonly l1GasGwei: number;
  /** Price of gas on the second layer, gwei. */
  readonly l2GasGwei: number;
  /** Price of blob gas on the main chain, gwei; a byte of a blob is one blob gas. */
  readonly blobGasGwei: number;
  /** Part of a blob that is not in vain, 0 to 1. */
  readonly blobFill: number;
};

/** Round figures to start from; give your own. */
export const DEFAULT_COST_INPUTS: CostInputs = {
  ethEur: 3_000,
  l1GasGwei: 1,
  l2GasGwei: 0.01,
  blobGasGwei: 0.01,
  blobFill: 0.8,
};

const GWEI_PER_ETH = 1e9;

/** Euros of one transaction on either layer, and the bytes that the second layer publishes for it. */
export type Cost = { readonly l1Eur: number; readonly l2Eur: number; readonly compressedBytes: number };

/**
 * Cost of a transaction. The second layer is a rollup that publishes its compressed input in blobs.
 *
 * @param input - Of the transaction; "0x" for one without.
 */
export function costOf(gas: number, input: Hex, inputs: CostInputs): Cost {
  const { ethEur, l1GasGwei, l2GasGwei, blobGasGwei, blobFill } = inputs;
  const eur = (gwei: number): number => (gwei / GWEI_PER_ETH) * ethEur;
  const compressedBytes = deflateRawSync(hexToBytes(input), { level: 9 }).length;
  return {
    l1Eur: eur(gas * l1GasGwei),
    l2Eur: eur(gas * l2GasGwei + (compressedBytes * blobGasGwei) / blobFill),
    compressedBytes,
  };
}
