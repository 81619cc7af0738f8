// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EnergyRange, Retirement} from "../../types/Profiles.sol";

/// @title PlainRetirementHash
/// @notice Readable twin of `RetirementHash`: EIP-712 by the book, every array element in a word of its own.
library PlainRetirementHash {
    function hash(Retirement memory retirement, uint256 nonce, uint256 deadline) internal pure returns (bytes32) {
        bytes memory ranges;
        for (uint256 i = 0; i < retirement.ranges.length; ++i) {
            ranges = bytes.concat(ranges, hash(retirement.ranges[i]));
        }
        bytes32 typehash = keccak256(
            "Retire(uint32 meter,uint32 day,bytes remainingImports,EnergyRange[] ranges,uint256 nonce,uint256 deadline)EnergyRange(uint32 meter,uint32 firstInterval,uint32[] energyWh)"
        );
        return
            keccak256(
                bytes.concat(
                    typehash,
                    bytes32(uint256(retirement.meter)),
                    bytes32(uint256(retirement.day)),
                    keccak256(retirement.remainingImports),
                    keccak256(ranges),
                    bytes32(nonce),
                    bytes32(deadline)
                )
            );
    }

    function hash(EnergyRange memory range) internal pure returns (bytes32) {
        bytes memory energies;
        for (uint256 i = 0; i < range.energyWh.length; ++i) {
            energies = bytes.concat(energies, bytes32(uint256(range.energyWh[i])));
        }
        bytes32 typehash = keccak256("EnergyRange(uint32 meter,uint32 firstInterval,uint32[] energyWh)");
        return
            keccak256(
                bytes.concat(
                    typehash,
                    bytes32(uint256(range.meter)),
                    bytes32(uint256(range.firstInterval)),
                    keccak256(energies)
                )
            );
    }
}
