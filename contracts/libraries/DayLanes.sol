// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title DayLanes
/// @notice Packed arithmetic over the 384 bytes of a day profile: 96 x (uint16 import, uint16 export), big-endian.
/// @dev A 32-byte word holds eight intervals, eight imports in the high and eight exports in the low halves of its
/// 32-bit lanes. Every function takes exactly `LENGTH` bytes of calldata: the caller has checked the length.
/// Plain twin: contracts/test/twins/PlainDayLanes.sol.
library DayLanes {
    /// @notice Bytes of the interval vector.
    uint256 internal constant LENGTH = 384;
    /// @notice Most units an interval can hold: a lane of a balance word has 15 bits.
    uint256 internal constant MAX_UNITS = 32_767;

    uint256 private constant ONE_PER_16 = 0x0001000100010001000100010001000100010001000100010001000100010001;
    uint256 private constant TOP_PER_16 = 0x8000800080008000800080008000800080008000800080008000800080008000;
    uint256 private constant ONE_PER_32 = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant LOW_16_PER_32 = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;

    /// @notice Sums the imports and exports of a day and checks every lane against the cap in the same pass.
    /// @param capUnits At most `MAX_UNITS`.
    /// @return withinCap False if any lane is above the cap; the sums are then of no use.
    function scan(
        bytes calldata intervals,
        uint256 capUnits
    ) internal pure returns (bool withinCap, uint256 importUnits, uint256 exportUnits) {
        // Invariant of the cap check: per 16-bit lane, limit = 2^15 + cap, so limit - lane keeps its top bit exactly
        // if lane <= cap, and borrows from the next lane only if lane > 2^15, which the lane's own top bit reports.
        // Invariant of the sums: twelve 16-bit values fit a 32-bit lane, and so do 96; the product's highest lane
        // is the sum of all lanes, and no lower lane overflows into it.
        assembly ("memory-safe") {
            let limit := or(TOP_PER_16, mul(capUnits, ONE_PER_16))
            let excess := 0
            let end := add(intervals.offset, LENGTH)
            for {
                let position := intervals.offset
            } lt(position, end) {
                position := add(position, 32)
            } {
                let word := calldataload(position)
                excess := or(excess, or(word, not(sub(limit, word))))
                importUnits := add(importUnits, and(shr(16, word), LOW_16_PER_32))
                exportUnits := add(exportUnits, and(word, LOW_16_PER_32))
            }
            withinCap := iszero(and(excess, TOP_PER_16))
            importUnits := shr(224, mul(importUnits, ONE_PER_32))
            exportUnits := shr(224, mul(exportUnits, ONE_PER_32))
        }
    }

    /// @notice One interval's import and export. For naming what is wrong: the hot path takes whole words.
    /// @param index 0 to 95.
    function at(
        bytes calldata intervals,
        uint256 index
    ) internal pure returns (uint256 importUnits, uint256 exportUnits) {
        uint256 lane = uint32(bytes4(intervals[index * 4:index * 4 + 4]));
        return (lane >> 16, lane & 0xffff);
    }

    /// @notice Hash of the imports as a vector of remaining imports: keccak256(uint32 day, 96 x uint16 big-endian).
    function hashImports(bytes calldata intervals, uint256 day) internal pure returns (bytes32 digest) {
        // Invariant: halving the stride three times keeps the order, since the earlier interval is always the higher
        // lane. The scratch behind the free memory pointer is not kept.
        assembly ("memory-safe") {
            function imports(position) -> packed {
                packed := and(shr(16, calldataload(position)), LOW_16_PER_32)
                packed := and(
                    or(packed, shr(16, packed)),
                    0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
                )
                packed := and(
                    or(packed, shr(32, packed)),
                    0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
                )
                packed := and(or(packed, shr(64, packed)), 0xffffffffffffffffffffffffffffffff)
            }
            let buffer := mload(0x40)
            mstore(buffer, shl(224, day))
            for {
                let i := 0
            } lt(i, 6) {
                i := add(i, 1)
            } {
                let position := add(intervals.offset, shl(6, i))
                mstore(add(add(buffer, 4), shl(5, i)), or(shl(128, imports(position)), imports(add(position, 32))))
            }
            digest := keccak256(buffer, 196)
        }
    }

    /// @notice Sixteen exports, packed to the lanes of a balance word: 15 bits each, the earliest highest.
    /// @dev Every lane is at most `MAX_UNITS`: `scan` has said so.
    /// @param sixteenth Which sixteen of the day, 0 to 5.
    function packExports(bytes calldata intervals, uint256 sixteenth) internal pure returns (uint256 lanes) {
        // Invariant: lanes hold at most 15 bits, so the strides 32 -> 15, 64 -> 30, 128 -> 60 never overlap.
        assembly ("memory-safe") {
            function exports(position) -> packed {
                packed := and(calldataload(position), LOW_16_PER_32)
                packed := and(
                    or(packed, shr(17, packed)),
                    0x000000003fffffff000000003fffffff000000003fffffff000000003fffffff
                )
                packed := and(
                    or(packed, shr(34, packed)),
                    0x00000000000000000fffffffffffffff00000000000000000fffffffffffffff
                )
                packed := and(or(packed, shr(68, packed)), 0xffffffffffffffffffffffffffffff)
            }
            let position := add(intervals.offset, shl(6, sixteenth))
            lanes := or(shl(120, exports(position)), exports(add(position, 32)))
        }
    }
}
