// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Places} from "../libraries/Places.sol";

/// @notice Place labels are 1 to 32 printable characters and zeros.
contract PlacesTest is Test {
    function test_isValid_refusesNothing() external pure {
        assertFalse(Places.isValid(0));
    }
}
