import type { DeviceState } from "@commonwatt/sdk/settlement/types";

/** The storage word of a device: the lanes of contracts/libraries/MeterWords.sol. */
export function wordOf(state: DeviceState, tombstoned = !state.active): bigint {
  const bit = (set: boolean, at: bigint): bigint => (set ? 1n << at : 0n);
  return (
    state.importRegister |
    (state.exportRegister << 44n) |
    (BigInt(state.lastDay) << 88n) |
    (BigInt(state.meter) << 104n) |
    (BigInt(state.capUnits) << 136n) |
    (BigInt(state.unitExponent) << 151n) |
    bit(state.active, 153n) |
    bit(tombstoned, 154n) |
    bit(state.sharing, 155n) |
    bit(state.community, 156n) |
    bit(state.settingsQueued, 157n) |
    bit(state.deviceQueued, 158n) |
    (BigInt(state.seat) << 160n) |
    (BigInt(state.askTicks) << 168n) |
    (BigInt(state.bidTicks) << 184n) |
    (state.balanceBaseUnits << 200n)
  );
}
