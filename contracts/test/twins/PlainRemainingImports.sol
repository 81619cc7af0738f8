// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainRemainingImports
/// @notice Readable twin of `RemainingImports`: an array of 96 numbers.
library PlainRemainingImports {
    function encode(uint16[96] memory units) internal pure returns (bytes memory vector) {
        vector = new bytes(192);
        for (uint256 i = 0; i < 96; ++i) {
            vector[2 * i] = bytes1(uint8(units[i] >> 8));
            vector[2 * i + 1] = bytes1(uint8(units[i]));
        }
    }

    function hash(uint16[96] memory units, uint32 day) internal pure returns (bytes32) {
        return keccak256(bytes.concat(bytes4(day), encode(units)));
    }

    function isEmpty(uint16[96] memory units) internal pure returns (bool) {
        for (uint256 i = 0; i < 96; ++i) {
            if (units[i] != 0) return false;
        }
        return true;
    }
}
