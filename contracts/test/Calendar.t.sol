// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Calendar} from "../libraries/Calendar.sol";

/// @notice Days and windows end at the exact second.
contract CalendarTest is Test {
    function test_fuzz_today_changesAtMidnight(uint32 day) external {
        vm.warp(uint256(day) * 1 days);
        assertEq(Calendar.today(), day);
        vm.warp(uint256(day) * 1 days + 1 days - 1);
        assertEq(Calendar.today(), day);
        assertEq(Calendar.endOf(day), block.timestamp + 1);
    }

    /// @dev The window of n days is open for the whole of the n-th day after its own.
    function test_fuzz_windowEnd_isAfterTheLastDay(uint32 day, uint8 windowDays) external pure {
        assertEq(Calendar.windowEnd(day, windowDays), (uint256(day) + windowDays + 1) * 1 days);
    }

    function test_constants_agree() external pure {
        assertEq(Calendar.SECONDS_PER_INTERVAL * Calendar.INTERVALS_PER_DAY, Calendar.SECONDS_PER_DAY);
        assertEq(Calendar.SECONDS_PER_INTERVAL, 15 minutes);
    }
}
