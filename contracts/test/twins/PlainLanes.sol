// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainLaneArrays
/// @notice Readable twin of `Lanes`: a word as an array of numbers, the highest lane first.
library PlainLaneArrays {
    function split(uint256 word, uint256 bits) internal pure returns (uint256[] memory lanes) {
        lanes = new uint256[](256 / bits);
        for (uint256 i = lanes.length; i > 0; --i) (lanes[i - 1], word) = (word % 2 ** bits, word / 2 ** bits);
    }

    function join(uint256[] memory lanes, uint256 bits) internal pure returns (uint256 word) {
        for (uint256 i = 0; i < lanes.length; ++i) word = (word << bits) | lanes[i];
    }

    function fill(uint256 value, uint256 bits) internal pure returns (uint256 word) {
        for (uint256 i = 0; i < 256 / bits; ++i) word = (word << bits) | value;
    }

    /// @notice What is done lane by lane.
    enum Operation {
        AtLeast,
        Above,
        IsZero,
        Mask,
        Least
    }

    function run(Operation operation, uint256 a, uint256 b, uint256 bits) internal pure returns (uint256) {
        uint256[] memory first = split(a, bits);
        uint256[] memory second = split(b, bits);
        for (uint256 i = 0; i < first.length; ++i) first[i] = _one(operation, first[i], second[i], bits);
        return join(first, bits);
    }

    /// @notice Value `index` of a vector of two-bit values, the first lowest.
    function pairAt(uint256 pairs, uint256 index) internal pure returns (uint256) {
        return (pairs / 4 ** index) % 4;
    }

    function _one(Operation operation, uint256 a, uint256 b, uint256 bits) private pure returns (uint256) {
        uint256 flag = 2 ** (bits - 1);
        if (operation == Operation.AtLeast) return a >= b ? flag : 0;
        if (operation == Operation.Above) return a > b ? flag : 0;
        if (operation == Operation.IsZero) return a == 0 ? flag : 0;
        if (operation == Operation.Mask) return a == 0 ? 0 : 2 ** bits - 1;
        return a < b ? a : b;
    }
}
