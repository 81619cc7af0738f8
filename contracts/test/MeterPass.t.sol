// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {AuctionPrices, ClassLanes} from "../libraries/settlement/AuctionPrices.sol";
import {MeterPass, MeterSums} from "../libraries/settlement/MeterPass.sol";
import {PlainDayLanes} from "./twins/PlainDayLanes.sol";
import {PlainClass, PlainMeterPass} from "./twins/PlainMeterPass.sol";

/// @notice The one pass over a profile does what a loop over its intervals does.
contract MeterPassTest is Test {
    uint256 private constant MOST_PRICE = 65_535 * 2 ** 30;
    uint256 private constant MOST_UNITS = 32_767;

    /// @dev Noise around the vector in memory shows reads beyond it.
    function add(
        bytes memory,
        bytes memory intervals,
        bytes memory,
        uint256 capUnits,
        ClassLanes memory class
    ) external pure returns (MeterSums memory sums, ClassLanes memory) {
        MeterPass.add(_positionOf(intervals), capUnits, class, sums);
        return (sums, class);
    }

    function remove(
        bytes memory,
        bytes memory intervals,
        bytes memory,
        ClassLanes memory class,
        bool exportsToo
    ) external pure returns (ClassLanes memory) {
        MeterPass.remove(_positionOf(intervals), class, exportsToo);
        return class;
    }

    function test_fuzz_add_ofAnyBytes_equalsPlain(
        uint256[12] calldata words,
        uint256 capUnits,
        uint256 seed
    ) external view {
        _assertAdd(abi.encodePacked(words), bound(capUnits, 1, MOST_UNITS), _class(seed));
    }

    function test_fuzz_add_withinCap_equalsPlain(uint256 seed, uint256 capUnits) external view {
        capUnits = bound(capUnits, 1, MOST_UNITS);
        _assertAdd(_within(seed, capUnits), capUnits, _class(seed));
    }

    function test_add_everyLane_oneAboveAndFarAboveCap() external view {
        uint256[3] memory caps = [uint256(1), 4_096, MOST_UNITS];
        ClassLanes memory class = AuctionPrices.room();
        for (uint256 c = 0; c < 3; ++c) {
            uint256[3] memory above = [caps[c] + 1, 32_768, 65_535];
            bytes memory intervals = _all(caps[c]);
            (MeterSums memory sums, ) = this.add("", intervals, "", caps[c], class);
            assertTrue(sums.withinCap);
            for (uint256 lane = 0; lane < 192; ++lane) {
                for (uint256 a = 0; a < 3; ++a) {
                    _set(intervals, lane, above[a]);
                    (sums, ) = this.add("", intervals, "", caps[c], class);
                    assertFalse(sums.withinCap);
                }
                _set(intervals, lane, caps[c]);
            }
        }
    }

    /// @dev One price and one quantity at a time: each interval meets its own price, and every word its own bit.
    function test_add_eachIntervalMeetsItsOwnPrice() external view {
        for (uint256 i = 0; i < 96; ++i) {
            PlainClass memory class;
            class.sell[i] = MOST_PRICE - 1;
            class.buy[i] = MOST_PRICE;
            _assertAdd(_all(MOST_UNITS), MOST_UNITS, class);
            bytes memory intervals = new bytes(384);
            _set(intervals, 2 * i, 5);
            _set(intervals, 2 * i + 1, 7);
            _assertAdd(intervals, MOST_UNITS, class);
        }
    }

    /// @dev 256 profiles, all lanes at the most that any 16 bits can say, at the highest prices.
    function test_add_ofTheLargestNeighbourhood() external view {
        PlainClass memory class;
        for (uint256 i = 0; i < 96; ++i) {
            class.sell[i] = MOST_PRICE;
            class.buy[i] = MOST_PRICE;
            class.imports[i] = 255 * 65_535;
            class.exports[i] = 255 * 65_535;
        }
        _assertAdd(_all(MOST_UNITS), MOST_UNITS, class);
        _assertAdd(_all(65_535), MOST_UNITS, class);
    }

    function test_fuzz_remove_equalsPlain(uint256 seed, uint256[12] calldata words, bool exportsToo) external view {
        bytes memory intervals = abi.encodePacked(words);
        bytes memory noise = abi.encodePacked(seed, type(uint256).max);
        PlainClass memory plain = _class(seed);
        PlainMeterPass.add(intervals, plain);
        ClassLanes memory class = this.remove(noise, intervals, noise, _pack(plain), exportsToo);
        PlainMeterPass.remove(intervals, plain, exportsToo);
        _assertClass(class, plain);
    }

    function _assertAdd(bytes memory intervals, uint256 capUnits, PlainClass memory plain) private view {
        bytes memory noise = abi.encodePacked(keccak256(intervals), type(uint256).max);
        (MeterSums memory sums, ClassLanes memory class) = this.add(noise, intervals, noise, capUnits, _pack(plain));
        (bool withinCap, uint256 importUnits, uint256 exportUnits) = PlainDayLanes.scan(intervals, capUnits);
        (uint256 purchase, uint256 sale) = PlainMeterPass.purchaseAndSale(intervals, plain);
        assertEq(sums.withinCap, withinCap);
        assertEq(sums.importUnits, importUnits);
        assertEq(sums.exportUnits, exportUnits);
        // Above the cap the meter drops out, and eight of its products may not fit a lane.
        if (withinCap) {
            assertEq(sums.purchase, purchase);
            assertEq(sums.sale, sale);
        }
        PlainMeterPass.add(intervals, plain);
        _assertClass(class, plain);
    }

    /// @dev Prices and totals in the lanes that `AuctionPrices` describes.
    function _pack(PlainClass memory plain) private pure returns (ClassLanes memory class) {
        class = AuctionPrices.room();
        for (uint256 k = 0; k < 12; ++k) {
            for (uint256 j = 0; j < 8; ++j) {
                uint256 i = 8 * k + j;
                class.words[6 * k + (j % 2)] |= plain.sell[i] << (64 * (j / 2));
                class.words[6 * k + 2 + (j % 2)] |= plain.buy[i] << (64 * (j / 2));
                class.words[6 * k + 4] |= plain.imports[i] << (224 - 32 * j);
                class.words[6 * k + 5] |= plain.exports[i] << (224 - 32 * j);
                if (plain.sell[i] | plain.buy[i] != 0) class.active |= 1 << k;
            }
        }
    }

    function _assertClass(ClassLanes memory class, PlainClass memory plain) private pure {
        ClassLanes memory expected = _pack(plain);
        assertEq(class.active, expected.active);
        assertEq(class.words.length, expected.words.length);
        for (uint256 i = 0; i < expected.words.length; ++i) assertEq(class.words[i], expected.words[i]);
    }

    /// @dev Some words of eight intervals without any price, as where nothing is traded.
    function _class(uint256 seed) private pure returns (PlainClass memory class) {
        for (uint256 i = 0; i < 96; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "class", i)));
            class.imports[i] = (random >> 16) % (255 * 65_535);
            class.exports[i] = (random >> 48) % (255 * 65_535);
            if ((seed >> (i / 8)) & 1 == 1) continue;
            class.sell[i] =
                random % 4 == 0
                    ? MOST_PRICE
                    : random % 4 == 1
                        ? 0
                        : (random >> 80) % MOST_PRICE;
            class.buy[i] =
                random % 7 == 0
                    ? MOST_PRICE
                    : random % 7 == 1
                        ? 0
                        : (random >> 160) % MOST_PRICE;
        }
    }

    function _within(uint256 seed, uint256 capUnits) private pure returns (bytes memory intervals) {
        intervals = new bytes(384);
        for (uint256 lane = 0; lane < 192; ++lane) {
            uint256 random = uint256(keccak256(abi.encode(seed, lane)));
            uint256 kind = random % 4;
            // Words without any export are passed over quickly.
            if (lane % 2 == 1 && (seed >> (lane / 16 + 16)) & 1 == 1) continue;
            if (kind != 0) _set(intervals, lane, kind == 1 ? capUnits : (random >> 8) % (capUnits + 1));
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

    function _positionOf(bytes memory intervals) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(intervals, 0x20)
        }
    }
}
