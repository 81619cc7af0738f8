// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EnergyRange, Retirement} from "../types/Profiles.sol";

/// @title RetirementHash
/// @notice EIP-712 hash of a retirement that its owner signs for others to relay.
library RetirementHash {
    bytes32 private constant RANGE_TYPEHASH = keccak256(
        "EnergyRange(uint32 meter,uint32 firstInterval,uint32[] energyWh)"
    );
    bytes32 private constant RETIRE_TYPEHASH = keccak256(
        "Retire(uint32 meter,uint32 day,bytes remainingImports,EnergyRange[] ranges,uint256 nonce,uint256 deadline)"
        "EnergyRange(uint32 meter,uint32 firstInterval,uint32[] energyWh)"
    );

    function hash(Retirement calldata retirement, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        bytes32[] memory ranges = new bytes32[](retirement.ranges.length);
        for (uint256 i = 0; i < ranges.length; ++i) ranges[i] = _hash(retirement.ranges[i]);
        return
            keccak256(
                abi.encode(
                    RETIRE_TYPEHASH,
                    retirement.meter,
                    retirement.day,
                    keccak256(retirement.remainingImports),
                    keccak256(abi.encodePacked(ranges)),
                    nonce,
                    deadline
                )
            );
    }

    function _hash(EnergyRange calldata range) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    RANGE_TYPEHASH,
                    range.meter,
                    range.firstInterval,
                    // Packed array elements fill a word each, as EIP-712 wants them.
                    keccak256(abi.encodePacked(range.energyWh))
                )
            );
    }
}
