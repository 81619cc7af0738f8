// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BoundedCalls} from "../libraries/BoundedCalls.sol";

/// @notice A callee cannot cost more than its gas, whatever it returns.
contract BoundedCallsTest is Test {
    function test_answersSelector_notWithoutCode() external {
        assertFalse(BoundedCalls.answersSelector(address(0xbeef), 100_000, abi.encodeWithSelector(0x12345678)));
    }
}
