// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MeterWords} from "../libraries/MeterWords.sol";

/// @notice Every lane of a meter word reads back what was written, and its neighbours stay.
contract MeterWordsTest is Test {
    function test_open_isActive() external pure {
        assertTrue(MeterWords.open(1, 1, 0, 1, 0, 0).isActive());
    }
}
