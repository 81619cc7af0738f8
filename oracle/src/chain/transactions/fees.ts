/** What a transaction pays for its gas, wei. */
export type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint };

/** What the chain asks for now, wei: the base fee of its latest block, and the tip that gets a transaction mined soon. */
export type Market = { baseFeePerGas: bigint; tipPerGas: bigint };

/** Nodes take a replacement that raises both fees by an eighth; the strictest of them count exactly. */
const RAISE_THOUSANDTHS = 1_125n;

/** The base fee of the next blocks can be twice this one's. */
const HEADROOM = 2n;

/**
 * Fees of a transaction that is sent for the first time.
 *
 * @returns Undefined when the chain asks for more than `cap`, wei.
 */
export function firstFees({ baseFeePerGas, tipPerGas }: Market, cap: bigint): Fees | undefined {
  if (baseFeePerGas + tipPerGas > cap) return undefined;
  return { maxFeePerGas: least(HEADROOM * baseFeePerGas + tipPerGas, cap), maxPriorityFeePerGas: tipPerGas };
}

/**
 * Fees of a replacement: raised by what nodes demand at least, and to what the chain asks for now.
 *
 * @returns Undefined when that is more than `cap`, wei: raising less than nodes demand would be refused, and raising less
 * than the chain asks for would change nothing.
 */
export function raisedFees(previous: Fees, { baseFeePerGas, tipPerGas }: Market, cap: bigint): Fees | undefined {
  const maxPriorityFeePerGas = most(tipPerGas, raised(previous.maxPriorityFeePerGas));
  const needed = most(raised(previous.maxFeePerGas), baseFeePerGas + maxPriorityFeePerGas);
  if (needed > cap) return undefined;
  const wanted = most(needed, HEADROOM * baseFeePerGas + maxPriorityFeePerGas);
  return { maxFeePerGas: least(wanted, cap), maxPriorityFeePerGas };
}

/** Rounded up: a fee of 1 wei is raised too. */
function raised(fee: bigint): bigint {
  return (fee * RAISE_THOUSANDTHS + 999n) / 1_000n;
}

const most = (a: bigint, b: bigint) => (a > b ? a : b);
const least = (a: bigint, b: bigint) => (a < b ? a : b);
