// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {RemainingImports} from "../libraries/RemainingImports.sol";

/// @notice The vector of remaining imports reads and writes as 96 plain numbers.
contract RemainingImportsTest is Test {
    function test_isEmpty_ofZeros() external pure {
        assertTrue(RemainingImports.isEmpty(new bytes(RemainingImports.LENGTH)));
    }
}
