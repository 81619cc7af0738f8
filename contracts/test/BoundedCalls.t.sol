// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BoundedCalls} from "../libraries/BoundedCalls.sol";
import {Callee} from "./mocks/Callee.sol";

/// @notice A callee cannot cost more than its gas, whatever it returns.
contract BoundedCallsTest is Test {
    uint256 private constant GAS_LIMIT = 100_000;

    function test_fuzz_answersSelector_onlyByItsOwnSelector(uint8 mode, bytes4 selector, bytes calldata rest) external {
        Callee.Mode chosen = Callee.Mode(bound(mode, 0, uint8(type(Callee.Mode).max)));
        Callee callee = new Callee(chosen);
        vm.assume(selector != callee.calls.selector);
        // Behind a long return the selector still leads: long is no reason to refuse.
        bool expected = chosen == Callee.Mode.Selector || chosen == Callee.Mode.Bomb;
        assertEq(_answers(address(callee), selector, rest), expected);
    }

    function test_answersSelector_everyMode_withinItsGas() external {
        for (uint8 mode = 0; mode <= uint8(type(Callee.Mode).max); ++mode) {
            Callee callee = new Callee(Callee.Mode(mode));
            uint256 before = gasleft();
            bool accepted = _answers(address(callee), 0x12345678, "");
            assertLt(before - gasleft(), GAS_LIMIT + 5_000);
            assertEq(accepted, mode == uint8(Callee.Mode.Selector) || mode == uint8(Callee.Mode.Bomb));
        }
    }

    /// @dev What lies in the scratch word from an earlier call is no answer of this one.
    function test_answersSelector_notWithoutCode_afterAYes() external {
        Callee callee = new Callee(Callee.Mode.Selector);
        assertTrue(_answers(address(callee), 0x12345678, ""));
        assertFalse(_answers(address(0xbeef), 0x12345678, ""));
    }

    function test_answersSelector_callsOnce() external {
        Callee callee = new Callee(Callee.Mode.Selector);
        _answers(address(callee), 0x12345678, "");
        assertEq(callee.calls(), 1);
    }

    function _answers(address target, bytes4 selector, bytes memory rest) private returns (bool) {
        return BoundedCalls.answersSelector(target, GAS_LIMIT, bytes.concat(selector, rest));
    }
}
