// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Quality
/// @notice The quality vector of a day profile: two bits per interval, interval 0 lowest; 0 measured, 1 estimated,
/// 2 missing.
library Quality {
    uint256 private constant LOW_BITS = 0x555555555555555555555555555555555555555555555555;
    uint256 private constant HIGH_BITS = 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;
    uint256 private constant MISSING = 2;

    /// @notice Whether no interval has the value 3 and nothing lies above the 96 intervals.
    function isValid(uint256 quality) internal pure returns (bool) {
        return (quality & (quality >> 1) & LOW_BITS) | (quality >> 192) == 0;
    }

    /// @notice Whether a valid vector marks any interval as missing.
    function hasMissing(uint256 quality) internal pure returns (bool) {
        return quality & HIGH_BITS != 0;
    }

    /// @param index 0 to 95.
    function isMissing(uint256 quality, uint256 index) internal pure returns (bool) {
        return (quality >> (2 * index)) & 3 == MISSING;
    }
}
