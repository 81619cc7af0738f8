// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainEnergySeries
/// @notice Readable twin of `EnergySeries`: a checked sum.
library PlainEnergySeries {
    function sum(uint32[] calldata series) internal pure returns (uint256 energyWh) {
        for (uint256 i = 0; i < series.length; ++i) energyWh += series[i];
    }
}
