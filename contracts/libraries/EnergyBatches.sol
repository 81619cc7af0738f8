// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @notice Ids and amounts of a transfer while it is put together. Both arrays have room for more than they hold.
struct EnergyBatch {
    uint256[] ids;
    uint256[] energyWh;
}

using EnergyBatches for EnergyBatch global;

/// @title EnergyBatches
/// @notice Builds the two arrays of an ERC-1155 batch without knowing their length beforehand, and logs them.
/// @dev Plain twin: contracts/test/twins/PlainBatches.sol.
library EnergyBatches {
    /// @notice An empty batch with room for `capacity` entries.
    function create(uint256 capacity) internal pure returns (EnergyBatch memory batch) {
        uint256[] memory ids;
        uint256[] memory energyWh;
        // Invariant: the memory behind both lengths is reserved; it is written by `push` before it can be read.
        assembly ("memory-safe") {
            let size := shl(5, add(capacity, 1))
            ids := mload(0x40)
            energyWh := add(ids, size)
            mstore(ids, 0)
            mstore(energyWh, 0)
            mstore(0x40, add(energyWh, size))
        }
        batch.ids = ids;
        batch.energyWh = energyWh;
    }

    /// @notice Appends one entry. The caller pushes at most `capacity` times.
    function push(EnergyBatch memory batch, uint256 id, uint256 amountWh) internal pure {
        uint256[] memory ids = batch.ids;
        uint256[] memory energyWh = batch.energyWh;
        // Invariant: both arrays have the same length, below the capacity.
        assembly ("memory-safe") {
            let length := add(mload(ids), 1)
            mstore(ids, length)
            mstore(energyWh, length)
            mstore(add(ids, shl(5, length)), id)
            mstore(add(energyWh, shl(5, length)), amountWh)
        }
    }

    /// @notice Appends the lanes of a balance word that are not zero, in order of time.
    /// @param lanes Sixteen lanes of 15 bits, the earliest highest, nothing above.
    /// @param firstId Id of the earliest lane; ids of the others follow it.
    /// @param unitWh Wh per unit of the lanes.
    function pushLanes(EnergyBatch memory batch, uint256 lanes, uint256 firstId, uint256 unitWh) internal pure {
        uint256[] memory ids = batch.ids;
        uint256[] memory energyWh = batch.energyWh;
        // Invariant: at most one entry per lane is written, and what is left of `lanes` moves up to the highest lane
        // each turn, so the loop ends after sixteen turns, or earlier when nothing is left.
        assembly ("memory-safe") {
            let offset := shl(5, mload(ids))
            let id := firstId
            for {
                let rest := shl(16, lanes)
            } rest {
                rest := shl(15, rest)
            } {
                let amount := shr(241, rest)
                if amount {
                    offset := add(offset, 32)
                    mstore(add(ids, offset), id)
                    mstore(add(energyWh, offset), mul(amount, unitWh))
                }
                id := add(id, 1)
            }
            let length := shr(5, offset)
            mstore(ids, length)
            mstore(energyWh, length)
        }
    }

    /// @notice Logs `TransferBatch`, as `emit` would, but copies whole arrays instead of single elements.
    function log(EnergyBatch memory batch, address operator, address from, address to) internal {
        uint256[] memory ids = batch.ids;
        uint256[] memory energyWh = batch.energyWh;
        bytes32 signature = IERC1155.TransferBatch.selector;
        // Invariant: both arrays have the same length; the scratch behind the free memory pointer is not kept.
        assembly ("memory-safe") {
            let size := shl(5, add(mload(ids), 1))
            let data := mload(0x40)
            mstore(data, 0x40)
            mstore(add(data, 0x20), add(0x40, size))
            mcopy(add(data, 0x40), ids, size)
            mcopy(add(add(data, 0x40), size), energyWh, size)
            log4(data, add(0x40, shl(1, size)), signature, operator, from, to)
        }
    }
}
