// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainPrices
/// @notice Readable twin of `Prices`: whole base units, and one more for a rest.
library PlainPrices {
    function toBaseUnitsUp(uint256 energyWh, uint256 ticks) internal pure returns (uint256 baseUnits) {
        uint256 tenths = energyWh * ticks;
        baseUnits = tenths / 10;
        if (tenths % 10 != 0) baseUnits += 1;
    }
}
