// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @notice Ids and amounts of a transfer while it is put together.
struct EnergyBatch {
    uint256[] ids;
    uint256[] energyWh;
}

using EnergyBatches for EnergyBatch global;

/// @title EnergyBatches
/// @notice Builds the two arrays of an ERC-1155 batch and logs them from where they lie.
/// @dev Memory of a batch: two words for the log's offsets, `ids` with its length, `energyWh` with its length, a spare
/// word. Plain twin: contracts/test/twins/PlainBatches.sol.
library EnergyBatches {
    /// @notice An empty batch with room for `capacity` entries.
    function create(uint256 capacity) internal pure returns (EnergyBatch memory batch) {
        uint256[] memory ids;
        uint256[] memory energyWh;
        // Invariant: the memory behind both lengths is reserved; entries are written by `push` before they can be read.
        assembly ("memory-safe") {
            let size := shl(5, add(capacity, 1))
            ids := add(mload(0x40), 0x40)
            energyWh := add(ids, size)
            mstore(ids, 0)
            mstore(energyWh, 0)
            mstore(0x40, add(add(energyWh, size), 0x20))
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
        // Invariant: every lane is written behind the last entry, and becomes one only if it is not zero, so a write may
        // reach one entry beyond the last: over the length of `energyWh`, which is set again at the end, and over the
        // spare word behind it. Four turns of four lanes use up all sixteen; the loop ends earlier when nothing is left.
        assembly ("memory-safe") {
            let idAt := add(add(ids, 0x20), shl(5, mload(ids)))
            let distance := sub(energyWh, ids)
            let id := firstId
            for {
                let rest := shl(16, lanes)
            } rest {
                rest := shl(60, rest)
            } {
                if iszero(shr(196, rest)) {
                    id := add(id, 4)
                    continue
                }
                let amount := shr(241, rest)
                mstore(idAt, id)
                mstore(add(idAt, distance), mul(amount, unitWh))
                idAt := add(idAt, shl(5, gt(amount, 0)))

                amount := and(shr(226, rest), 0x7fff)
                mstore(idAt, add(id, 1))
                mstore(add(idAt, distance), mul(amount, unitWh))
                idAt := add(idAt, shl(5, gt(amount, 0)))

                amount := and(shr(211, rest), 0x7fff)
                mstore(idAt, add(id, 2))
                mstore(add(idAt, distance), mul(amount, unitWh))
                idAt := add(idAt, shl(5, gt(amount, 0)))

                amount := and(shr(196, rest), 0x7fff)
                mstore(idAt, add(id, 3))
                mstore(add(idAt, distance), mul(amount, unitWh))
                idAt := add(idAt, shl(5, gt(amount, 0)))

                id := add(id, 4)
            }
            let length := sub(shr(5, sub(idAt, ids)), 1)
            mstore(ids, length)
            mstore(energyWh, length)
        }
    }

    /// @notice Logs `TransferBatch`.
    function log(EnergyBatch memory batch, address operator, address from, address to) internal {
        uint256[] memory ids = batch.ids;
        uint256[] memory energyWh = batch.energyWh;
        bytes32 signature = IERC1155.TransferBatch.selector;
        // Invariant: both arrays have the same length; `energyWh` lies behind `ids`, so moving it down to where `ids`
        // ends stays within the batch's memory.
        assembly ("memory-safe") {
            let size := shl(5, add(mload(ids), 1))
            let next := add(ids, size)
            if iszero(eq(next, energyWh)) {
                mcopy(next, energyWh, size)
                energyWh := next
            }
            let data := sub(ids, 0x40)
            mstore(data, 0x40)
            mstore(add(data, 0x20), add(0x40, size))
            log4(data, add(0x40, shl(1, size)), signature, operator, from, to)
        }
        batch.energyWh = energyWh;
    }
}
