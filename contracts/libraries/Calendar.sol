// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Calendar
/// @notice UTC days and quarter-hour intervals, counted from the unix epoch.
library Calendar {
    uint256 internal constant SECONDS_PER_DAY = 86_400;
    uint256 internal constant SECONDS_PER_INTERVAL = 900;
    uint256 internal constant INTERVALS_PER_DAY = 96;

    /// @notice The day that has begun and is not over.
    function today() internal view returns (uint256) {
        return block.timestamp / SECONDS_PER_DAY;
    }

    /// @notice First unix second after a day.
    /// @param day Below 2^33, as the sum of a `uint32` day and a window is, so nothing overflows.
    function endOf(uint256 day) internal pure returns (uint256) {
        unchecked {
            return (day + 1) * SECONDS_PER_DAY;
        }
    }

    /// @notice First unix second at which energy of a day can no longer be moved or retired.
    /// @param day Below 2^32.
    /// @param windowDays At most 30.
    function windowEnd(uint256 day, uint256 windowDays) internal pure returns (uint256) {
        unchecked {
            return endOf(day + windowDays);
        }
    }

    /// @notice Number of an interval of a day.
    /// @param day Below 2^32.
    /// @param index 0 to 95.
    function intervalOf(uint256 day, uint256 index) internal pure returns (uint256) {
        unchecked {
            return day * INTERVALS_PER_DAY + index;
        }
    }
}
