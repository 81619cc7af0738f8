// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Lanes
/// @notice Comparisons of packed unsigned numbers, a word at a time.
/// @dev A word holds eight lanes of 32 bits or four of 64. Numbers stay below the top bit of their lane, so the difference
/// with the top bit set in the minuend never borrows from the next lane, and keeps that bit exactly if it is not
/// negative. A flag is that top bit; a mask is all bits of the lane. Plain twin: contracts/test/twins/PlainLanes.sol.
library Lanes {
    uint256 internal constant ONES_32 = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 internal constant TOPS_32 = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 internal constant ONES_64 = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 internal constant TOPS_64 = 0x8000000000000000800000000000000080000000000000008000000000000000;

    /// @notice The same number in all eight lanes.
    /// @param value Below 2^31.
    function spread32(uint256 value) internal pure returns (uint256) {
        unchecked {
            return value * ONES_32;
        }
    }

    /// @notice The same number in all four lanes.
    /// @param value Below 2^63.
    function spread64(uint256 value) internal pure returns (uint256) {
        unchecked {
            return value * ONES_64;
        }
    }

    /// @notice Flags of the lanes in which a >= b.
    function atLeast32(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return ((a | TOPS_32) - b) & TOPS_32;
        }
    }

    /// @notice Flags of the lanes in which a > b.
    /// @param b Lanes below 2^31 - 1.
    function above32(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return ((a | TOPS_32) - (b + ONES_32)) & TOPS_32;
        }
    }

    /// @notice Flags of the lanes that are zero.
    function zero32(uint256 a) internal pure returns (uint256) {
        unchecked {
            return ~((a | TOPS_32) - ONES_32) & TOPS_32;
        }
    }

    /// @notice Masks of flagged lanes.
    function mask32(uint256 flags) internal pure returns (uint256) {
        // Invariant: flag by flag, 2^32 - 1 shifted to the lane; what the highest lane carries out is cut off.
        unchecked {
            uint256 ones = flags >> 31;
            return (ones << 32) - ones;
        }
    }

    /// @notice Masks of flagged lanes.
    function mask64(uint256 flags) internal pure returns (uint256) {
        unchecked {
            uint256 ones = flags >> 63;
            return (ones << 64) - ones;
        }
    }

    /// @notice The smaller of a and b, lane by lane.
    function least32(uint256 a, uint256 b) internal pure returns (uint256) {
        uint256 bIsLess = mask32(atLeast32(a, b));
        return (b & bIsLess) | (a & ~bIsLess);
    }

    /// @notice Flags of eight two-bit values, the first in the highest lane.
    /// @param pairs 16 bits, the first value's lowest.
    /// @return low Lanes whose lower bit is set.
    /// @return high Lanes whose upper bit is set.
    function pairs32(uint256 pairs) internal pure returns (uint256 low, uint256 high) {
        // Invariant: each lane has its own copy of all pairs and keeps one bit of it, which then carries to the top.
        unchecked {
            uint256 copies = pairs * ONES_32;
            low = copies & 0x0000000100000004000000100000004000000100000004000000100000004000;
            high = copies & 0x0000000200000008000000200000008000000200000008000000200000008000;
            low = (low + (TOPS_32 - ONES_32)) & TOPS_32;
            high = (high + (TOPS_32 - ONES_32)) & TOPS_32;
        }
    }

    /// @notice Flags of every second of eight two-bit values, the first in the lowest lane.
    /// @param pairs 16 bits, the first value's lowest; shift them by two for the odd values.
    /// @return low Lanes whose lower bit is set.
    /// @return high Lanes whose upper bit is set.
    function pairs64(uint256 pairs) internal pure returns (uint256 low, uint256 high) {
        unchecked {
            uint256 copies = pairs * ONES_64;
            low = copies & 0x0000000000001000000000000000010000000000000000100000000000000001;
            high = copies & 0x0000000000002000000000000000020000000000000000200000000000000002;
            low = (low + (TOPS_64 - ONES_64)) & TOPS_64;
            high = (high + (TOPS_64 - ONES_64)) & TOPS_64;
        }
    }

    /// @notice One lane of a word of eight.
    /// @param index 0 is the highest lane.
    function lane32(uint256 word, uint256 index) internal pure returns (uint256) {
        unchecked {
            return (word >> (224 - 32 * index)) & 0xffffffff;
        }
    }
}
