// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Prices
/// @notice Energy times price, in base units of a currency with 6 decimals.
/// @dev Plain twin: contracts/test/twins/PlainPrices.sol.
library Prices {
    /// @dev 1 Wh at 1 tick is a tenth of a base unit: a tick is 0.0001 currency units per kWh.
    uint256 private constant WH_TICKS_PER_BASE_UNIT = 10;

    /// @notice ceil(energyWh * ticks / 10): rounded against who pays.
    /// @param energyWh Below 2^64: a sum of `uint32` that fits a transaction.
    /// @param ticks A `uint16`.
    function toBaseUnitsUp(uint256 energyWh, uint256 ticks) internal pure returns (uint256) {
        // Invariant: below 2^80, so nothing overflows.
        unchecked {
            return (energyWh * ticks + (WH_TICKS_PER_BASE_UNIT - 1)) / WH_TICKS_PER_BASE_UNIT;
        }
    }
}
