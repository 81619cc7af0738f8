// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DayLanes} from "../libraries/DayLanes.sol";
import {PlainDayLanes} from "./twins/PlainDayLanes.sol";

/// @notice The packed arithmetic over a day profile does what a plain loop does.
contract DayLanesTest is Test {
    /// @dev Noise around the vector in calldata shows reads beyond it.
    function scan(
        bytes calldata,
        bytes calldata intervals,
        bytes calldata,
        uint256 capUnits
    ) external pure returns (bool, uint256, uint256) {
        return DayLanes.scan(intervals, capUnits);
    }

    function at(bytes calldata intervals, uint256 index) external pure returns (uint256, uint256) {
        return DayLanes.at(intervals, index);
    }

    /// @dev What is allocated afterwards must not be touched by the scratch of the hash.
    function hashImports(bytes calldata intervals, uint256 day) external pure returns (bytes32 digest, uint256 after_) {
        digest = DayLanes.hashImports(intervals, day);
        uint256[] memory fresh = new uint256[](8);
        for (uint256 i = 0; i < 8; ++i) after_ |= fresh[i];
    }

    function packExports(bytes calldata intervals, uint256 sixteenth) external pure returns (uint256) {
        return DayLanes.packExports(intervals, sixteenth);
    }

    function test_fuzz_scan_ofAnyBytes_equalsPlain(uint256[12] calldata words, uint256 cap) external view {
        cap = bound(cap, 1, DayLanes.MAX_UNITS);
        _assertScan(abi.encodePacked(words), cap);
    }

    function test_fuzz_scan_withinCap_sumsEqualPlain(uint256 seed, uint256 cap) external view {
        cap = bound(cap, 1, DayLanes.MAX_UNITS);
        bytes memory intervals = _within(seed, cap);
        (bool withinCap, , ) = PlainDayLanes.scan(intervals, cap);
        assertTrue(withinCap);
        _assertScan(intervals, cap);
    }

    function test_fuzz_scan_oneLaneAboveCap_isFound(
        uint256 seed,
        uint256 cap,
        uint256 lane,
        uint256 units
    ) external view {
        cap = bound(cap, 1, DayLanes.MAX_UNITS);
        lane = bound(lane, 0, 191);
        units = bound(units, cap + 1, type(uint16).max);
        bytes memory intervals = _within(seed, cap);
        _set(intervals, lane, units);
        (bool withinCap, , ) = this.scan("", intervals, "", cap);
        assertFalse(withinCap);
    }

    function test_scan_everyLane_oneAboveAndFarAboveCap() external view {
        uint256[3] memory caps = [uint256(1), 4_096, 32_767];
        for (uint256 c = 0; c < 3; ++c) {
            for (uint256 lane = 0; lane < 192; ++lane) {
                bytes memory intervals = _all(caps[c]);
                (bool full, , ) = this.scan("", intervals, "", caps[c]);
                assertTrue(full);
                uint256[3] memory above = [caps[c] + 1, 32_768, 65_535];
                for (uint256 a = 0; a < 3; ++a) {
                    _set(intervals, lane, above[a]);
                    (bool withinCap, , ) = this.scan("", intervals, "", caps[c]);
                    assertFalse(withinCap);
                }
            }
        }
    }

    function test_scan_sumsOfTheLargestDay() external view {
        (bool withinCap, uint256 importUnits, uint256 exportUnits) = this.scan("", _all(32_767), "", 32_767);
        assertTrue(withinCap);
        assertEq(importUnits, 96 * 32_767);
        assertEq(exportUnits, 96 * 32_767);
        // Above the cap the sums are of no use to the callers, yet right for any 16 bits.
        (withinCap, importUnits, exportUnits) = this.scan("", _all(65_535), "", 32_767);
        assertFalse(withinCap);
        assertEq(importUnits, 96 * 65_535);
        assertEq(exportUnits, 96 * 65_535);
    }

    function test_fuzz_at_equalsPlain(uint256[12] calldata words, uint256 index) external view {
        index = bound(index, 0, 95);
        bytes memory intervals = abi.encodePacked(words);
        (uint256 importUnits, uint256 exportUnits) = this.at(intervals, index);
        assertEq(importUnits, PlainDayLanes.importAt(intervals, index));
        assertEq(exportUnits, PlainDayLanes.exportAt(intervals, index));
    }

    function test_fuzz_hashImports_equalsPlain(uint256[12] calldata words, uint32 day) external view {
        bytes memory intervals = abi.encodePacked(words);
        (bytes32 digest, uint256 after_) = this.hashImports(intervals, day);
        assertEq(digest, PlainDayLanes.hashImports(intervals, day));
        assertEq(after_, 0);
    }

    function test_fuzz_packExports_equalsPlain(uint256 seed) external view {
        bytes memory intervals = _within(seed, DayLanes.MAX_UNITS);
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(this.packExports(intervals, i), PlainDayLanes.packExports(intervals, i));
        }
    }

    function test_packExports_ofTheLargestDay_fillsAllLanes() external view {
        for (uint256 i = 0; i < 6; ++i) assertEq(this.packExports(_all(32_767), i), 2 ** 240 - 1);
    }

    function _assertScan(bytes memory intervals, uint256 cap) private view {
        bytes memory noise = abi.encodePacked(keccak256(intervals), type(uint256).max);
        (bool withinCap, uint256 importUnits, uint256 exportUnits) = this.scan(noise, intervals, noise, cap);
        (bool plainWithin, uint256 plainImport, uint256 plainExport) = PlainDayLanes.scan(intervals, cap);
        assertEq(withinCap, plainWithin);
        assertEq(importUnits, plainImport);
        assertEq(exportUnits, plainExport);
    }

    /// @dev Lanes up to the cap, with many zeros and many at the cap.
    function _within(uint256 seed, uint256 cap) private pure returns (bytes memory intervals) {
        intervals = new bytes(384);
        for (uint256 lane = 0; lane < 192; ++lane) {
            uint256 random = uint256(keccak256(abi.encode(seed, lane)));
            uint256 kind = random % 4;
            if (kind != 0) _set(intervals, lane, kind == 1 ? cap : (random >> 8) % (cap + 1));
        }
    }

    function _all(uint256 units) private pure returns (bytes memory intervals) {
        intervals = new bytes(384);
        for (uint256 lane = 0; lane < 192; ++lane) _set(intervals, lane, units);
    }

    function _set(bytes memory intervals, uint256 lane, uint256 units) private pure {
        intervals[2 * lane] = bytes1(uint8(units >> 8));
        intervals[2 * lane + 1] = bytes1(uint8(units));
    }
}
