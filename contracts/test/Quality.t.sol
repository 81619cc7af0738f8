// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Quality} from "../libraries/Quality.sol";
import {PlainQuality} from "./twins/PlainQuality.sol";

/// @notice Quality vectors are judged as a plain loop over 96 intervals judges them.
contract QualityTest is Test {
    function test_fuzz_isValid_ofAnyBits_equalsPlain(uint256 quality) external pure {
        assertEq(Quality.isValid(quality), PlainQuality.isValid(quality));
    }

    /// @dev Random bits are hardly ever valid, so valid vectors are built and then spoilt.
    function test_fuzz_isValid_ofValidAndSpoilt(uint256 seed, uint256 index, uint256 high) external pure {
        uint256 quality = _valid(seed);
        assertTrue(PlainQuality.isValid(quality));
        assertTrue(Quality.isValid(quality));
        assertEq(Quality.hasMissing(quality), PlainQuality.hasMissing(quality));

        assertFalse(Quality.isValid(quality | (3 << (2 * bound(index, 0, 95)))));
        assertFalse(Quality.isValid(quality | (1 << bound(high, 192, 255))));
    }

    function test_hasMissing_andIsMissing_ofEverySingleInterval() external pure {
        for (uint256 index = 0; index < 96; ++index) {
            for (uint256 value = 0; value < 3; ++value) {
                uint256 quality = value << (2 * index);
                assertTrue(Quality.isValid(quality));
                assertEq(Quality.hasMissing(quality), value == 2);
                assertEq(Quality.isMissing(quality, index), value == 2);
                assertFalse(Quality.isMissing(quality, (index + 1) % 96));
            }
        }
    }

    function test_fuzz_isMissing_equalsPlain(uint256 seed) external pure {
        uint256 quality = _valid(seed);
        for (uint256 i = 0; i < 96; ++i) {
            assertEq(Quality.isMissing(quality, i), PlainQuality.at(quality, i) == 2);
        }
    }

    function _valid(uint256 seed) private pure returns (uint256 quality) {
        for (uint256 i = 0; i < 96; ++i) quality |= (uint256(keccak256(abi.encode(seed, i))) % 3) << (2 * i);
    }
}
