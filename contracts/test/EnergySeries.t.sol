// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {EnergySeries} from "../libraries/EnergySeries.sol";
import {PlainEnergySeries} from "./twins/PlainEnergySeries.sol";

/// @notice A series is summed as a checked loop sums it.
contract EnergySeriesTest is Test {
    function sum(uint32[] calldata series, bytes calldata) external pure returns (uint256) {
        return EnergySeries.sum(series);
    }

    function plainSum(uint32[] calldata series, bytes calldata) external pure returns (uint256) {
        return PlainEnergySeries.sum(series);
    }

    function test_fuzz_sum_equalsPlain(uint32[] calldata series, bytes calldata noise) external view {
        assertEq(this.sum(series, noise), this.plainSum(series, noise));
    }

    function test_sum_ofTheLargestDay() external view {
        uint32[] memory series = new uint32[](96);
        for (uint256 i = 0; i < 96; ++i) series[i] = type(uint32).max;
        assertEq(this.sum(series, ""), 96 * uint256(type(uint32).max));
        assertEq(this.sum(new uint32[](0), hex"ff"), 0);
    }

    /// @dev A word that is no `uint32` reverts in both, whichever bits beyond it are set.
    function test_fuzz_sum_ofDirtyWord_reverts(uint8 count, uint8 index, uint8 bit) external view {
        uint256[] memory words = new uint256[](bound(count, 1, 100));
        words[index % words.length] = 1 << bound(bit, 32, 255);
        (bool success, bytes memory result) = _call(this.sum.selector, words);
        (bool plainSuccess, bytes memory plainResult) = _call(this.plainSum.selector, words);
        assertFalse(success);
        assertFalse(plainSuccess);
        assertEq(result, plainResult);
    }

    function _call(bytes4 selector, uint256[] memory words) private view returns (bool, bytes memory) {
        return address(this).staticcall(abi.encodeWithSelector(selector, words, bytes("")));
    }
}
