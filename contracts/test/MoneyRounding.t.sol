// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DemoEuro} from "../DemoEuro.sol";

/// @notice Money rounds up, once per fill, against the buyer.
contract MoneyRoundingTest is Test {
    function test_currency_hasSixDecimals() external {
        assertEq(new DemoEuro().decimals(), 6);
    }
}
