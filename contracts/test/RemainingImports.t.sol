// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {RemainingImports} from "../libraries/RemainingImports.sol";
import {PlainRemainingImports} from "./twins/PlainRemainingImports.sol";

/// @notice The vector of remaining imports reads and writes as 96 plain numbers.
contract RemainingImportsTest is Test {
    function test_fuzz_units_readEveryLane(uint16[96] memory plain) external pure {
        bytes memory vector = PlainRemainingImports.encode(plain);
        for (uint256 i = 0; i < 96; ++i) assertEq(RemainingImports.units(vector, i), plain[i]);
    }

    function test_fuzz_set_leavesNeighboursAlone(
        uint16[96] memory plain,
        uint256[8] memory indices,
        uint16[8] memory amounts
    ) external pure {
        uint256[2] memory before = [type(uint256).max, type(uint256).max];
        bytes memory vector = PlainRemainingImports.encode(plain);
        uint256[2] memory behind = [type(uint256).max, type(uint256).max];
        for (uint256 i = 0; i < 8; ++i) {
            uint256 index = bound(indices[i], 0, 95);
            plain[index] = amounts[i];
            RemainingImports.set(vector, index, amounts[i]);
        }
        assertEq(vector, PlainRemainingImports.encode(plain));
        assertEq(before[0] & before[1] & behind[0] & behind[1], type(uint256).max);
    }

    function test_set_firstAndLast_ofFullVector() external pure {
        uint16[96] memory plain;
        for (uint256 i = 0; i < 96; ++i) plain[i] = type(uint16).max;
        bytes memory vector = PlainRemainingImports.encode(plain);
        RemainingImports.set(vector, 0, 0);
        RemainingImports.set(vector, 95, 1);
        (plain[0], plain[95]) = (0, 1);
        assertEq(vector, PlainRemainingImports.encode(plain));
    }

    function test_fuzz_hash_equalsPlain(uint16[96] memory plain, uint32 day) external pure {
        bytes memory vector = PlainRemainingImports.encode(plain);
        assertEq(RemainingImports.hash(vector, day), PlainRemainingImports.hash(plain, day));
    }

    function test_fuzz_isEmpty_onlyWithoutAnyUnit(uint256 index, uint16 amount) external pure {
        index = bound(index, 0, 95);
        uint16[96] memory plain;
        plain[index] = amount;
        bytes memory vector = PlainRemainingImports.encode(plain);
        bytes memory behind = hex"ffff";
        assertEq(RemainingImports.isEmpty(vector), PlainRemainingImports.isEmpty(plain));
        assertEq(RemainingImports.isEmpty(vector), amount == 0);
        assertEq(behind, hex"ffff");
    }
}
