// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DayLanes} from "../libraries/DayLanes.sol";

/// @notice The packed arithmetic over a day profile does what a plain loop does.
contract DayLanesTest is Test {
    function test_length_isFourBytesPerInterval() external pure {
        assertEq(DayLanes.LENGTH, 96 * 4);
    }
}
