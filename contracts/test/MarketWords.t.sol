// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MarketWord} from "../libraries/MarketWords.sol";

/// @notice Every lane of the market word reads back what was written, and its neighbours stay.
contract MarketWordsTest is Test {
    function test_chargeTicks_ofNothing() external pure {
        assertEq(MarketWord.wrap(0).chargeTicks(20_000), 0);
    }
}
