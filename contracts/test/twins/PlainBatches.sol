// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainBatches
/// @notice Readable twin of `EnergyBatches`: arrays that are copied to grow.
library PlainBatches {
    function push(uint256[] memory array, uint256 value) internal pure returns (uint256[] memory longer) {
        longer = new uint256[](array.length + 1);
        for (uint256 i = 0; i < array.length; ++i) longer[i] = array[i];
        longer[array.length] = value;
    }

    function pushLanes(
        uint256[] memory ids,
        uint256[] memory energyWh,
        uint256 lanes,
        uint256 firstId,
        uint256 unitWh
    ) internal pure returns (uint256[] memory, uint256[] memory) {
        for (uint256 i = 0; i < 16; ++i) {
            uint256 units = (lanes / 2 ** (15 * (15 - i))) % 2 ** 15;
            if (units == 0) continue;
            ids = push(ids, firstId + i);
            energyWh = push(energyWh, units * unitWh);
        }
        return (ids, energyWh);
    }
}
