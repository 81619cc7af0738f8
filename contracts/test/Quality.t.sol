// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Quality} from "../libraries/Quality.sol";

/// @notice Quality vectors are judged as a plain loop over 96 intervals judges them.
contract QualityTest is Test {
    function test_isValid_acceptsAllMeasured() external pure {
        assertTrue(Quality.isValid(0));
    }
}
