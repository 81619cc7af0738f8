// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title PlainQuality
/// @notice Readable twin of `Quality`: one interval at a time.
library PlainQuality {
    function at(uint256 quality, uint256 index) internal pure returns (uint256) {
        return (quality / 4 ** index) % 4;
    }

    function isValid(uint256 quality) internal pure returns (bool) {
        for (uint256 i = 0; i < 96; ++i) {
            if (at(quality, i) == 3) return false;
        }
        return quality < 4 ** 96;
    }

    function hasMissing(uint256 quality) internal pure returns (bool) {
        for (uint256 i = 0; i < 96; ++i) {
            if (at(quality, i) == 2) return true;
        }
        return false;
    }
}
