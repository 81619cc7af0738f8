// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title RemainingImports
/// @notice The part of a meter-day's imports that no energy token covers yet: 96 x uint16, big-endian, meter units.
/// The chain keeps only its hash; who retires supplies the vector.
/// @dev Plain twin: contracts/test/twins/PlainRemainingImports.sol.
library RemainingImports {
    /// @notice Bytes of the vector.
    uint256 internal constant LENGTH = 192;

    function hash(bytes memory vector, uint32 day) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(day, vector));
    }

    /// @notice Units left of one interval.
    /// @param index 0 to 95; the vector has `LENGTH` bytes.
    function units(bytes memory vector, uint256 index) internal pure returns (uint256 amount) {
        // Invariant: the lane is the last two bytes of the word that ends with it; the word begins at or behind the
        // vector's length word.
        assembly ("memory-safe") {
            amount := and(mload(add(add(vector, 2), shl(1, index))), 0xffff)
        }
    }

    /// @notice Replaces one interval in place.
    /// @param amount Below 2^16.
    function set(bytes memory vector, uint256 index, uint256 amount) internal pure {
        // Invariant: the other thirty bytes of the word are written back as they were read.
        assembly ("memory-safe") {
            let position := add(add(vector, 2), shl(1, index))
            mstore(position, or(and(mload(position), not(0xffff)), amount))
        }
    }

    /// @notice Whether everything is covered.
    function isEmpty(bytes memory vector) internal pure returns (bool empty) {
        // Invariant: the vector has `LENGTH` bytes, six words.
        assembly ("memory-safe") {
            let rest := 0
            for {
                let i := 1
            } lt(i, 7) {
                i := add(i, 1)
            } {
                rest := or(rest, mload(add(vector, shl(5, i))))
            }
            empty := iszero(rest)
        }
    }
}
