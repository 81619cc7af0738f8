// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DemoEuro} from "../DemoEuro.sol";

/// @notice Money is conserved under any sequence of purchases.
contract MoneyInvariantsTest is Test {
    function test_currency_hasSixDecimals() external {
        assertEq(new DemoEuro().decimals(), 6);
    }
}
