// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Calendar} from "../libraries/Calendar.sol";

/// @notice Days and windows end at the exact second.
contract CalendarTest is Test {
    function test_endOf_theFirstDay() external pure {
        assertEq(Calendar.endOf(0), 86_400);
    }
}
