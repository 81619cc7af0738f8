// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BalanceWords} from "../libraries/BalanceWords.sol";

/// @notice The packed ring of balances does what a plain mapping does.
contract BalanceWordsTest is Test {
    function test_nextWord_isTheNextMultipleOfSixteen() external pure {
        assertEq(BalanceWords.nextWord(16), 32);
        assertEq(BalanceWords.nextWord(31), 32);
    }
}
