// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {AuctionPrices, ClassLanes, DayPrices} from "../libraries/settlement/AuctionPrices.sol";
import {PlainAuction, PlainClaim} from "./twins/PlainAuction.sol";
import {ClaimBytes} from "./twins/ClaimBytes.sol";

/// @notice The packed price vectors of a class are, interval by interval, what its orders pay and get by the definition.
contract AuctionPricesTest is Test {
    /// @dev Noise around the claims in calldata shows reads beyond them. Classes follow each other in the same memory.
    function classesOf(
        bytes calldata,
        bytes calldata prices,
        bytes calldata effective,
        bytes calldata,
        uint256 sides,
        uint256 charge,
        uint16[2][] calldata limits
    ) external pure returns (DayPrices memory day, ClassLanes[] memory classes) {
        day = AuctionPrices.unpack(prices, sides, effective, charge);
        classes = new ClassLanes[](limits.length);
        ClassLanes memory class = AuctionPrices.room();
        for (uint256 i = 0; i < limits.length; ++i) {
            AuctionPrices.setClass(class, day, limits[i][0], limits[i][1]);
            classes[i].active = class.active;
            classes[i].words = new uint256[](class.words.length);
            for (uint256 w = 0; w < class.words.length; ++w) classes[i].words[w] = class.words[w];
        }
    }

    function test_fuzz_setClass_ofAnyClaims_equalsPlain(uint256 seed, uint16 charge, uint8 spread) external view {
        _assertDay(_claims(seed, _spreadOf(spread)), charge, _limits(seed, _spreadOf(spread), charge));
    }

    /// @dev Limits one tick around both prices, where orders change what they get.
    function test_fuzz_setClass_aroundThePrices(uint256 seed, uint16 charge) external view {
        PlainClaim[96] memory claims = _claims(seed, 65_535);
        uint16[2][] memory limits = new uint16[2][](6);
        for (uint256 i = 0; i < 6; ++i) {
            PlainClaim memory claim = claims[uint256(keccak256(abi.encode(seed, i))) % 96];
            uint256 delta = i % 3;
            limits[i][0] = _ticks(claim.low + delta, 1);
            limits[i][1] = _ticks(claim.high + charge + delta, 1);
        }
        _assertDay(claims, charge, limits);
    }

    function test_setClass_atTheExtremesOfEveryLane() external view {
        uint16[3] memory extremes = [uint16(0), 1, 65_535];
        for (uint256 interval = 0; interval < 96; interval += 5) {
            for (uint256 e = 0; e < 9; ++e) {
                // All others at the opposite end: a borrow or carry would show in them.
                PlainClaim[96] memory claims;
                PlainClaim memory other = PlainClaim(65_535, 65_535, 1, 0);
                for (uint256 i = 0; i < 96; ++i) claims[i] = e % 2 == 0 ? PlainClaim(0, 0, 1, 0) : other;
                claims[interval] = PlainClaim(
                    extremes[e / 3],
                    extremes[e % 3],
                    1 + (e % 3),
                    e % 3 == 0 ? 0 : 2 ** 46 - 1
                );
                uint16[2][] memory limits = new uint16[2][](4);
                limits[0] = [extremes[e / 3], extremes[e % 3]];
                limits[1] = [uint16(0), 0];
                limits[2] = [uint16(65_535), 65_535];
                limits[3] = [uint16(0), 65_535];
                _assertDay(claims, e < 4 ? 0 : 65_535, limits);
            }
        }
    }

    function test_fuzz_unpack_packsWhatTotalsAreComparedWith(uint256 seed, uint16 charge) external view {
        PlainClaim[96] memory claims = _claims(seed, 65_535);
        (DayPrices memory day, ) = _run(claims, charge, new uint16[2][](0));
        for (uint256 i = 0; i < 96; ++i) {
            uint256 word = 16 * (i / 8);
            assertEq(_lane32(day.words[word], i), claims[i].low);
            assertEq(_lane32(day.words[word + 1], i), claims[i].high);
            assertEq(_lane32(day.words[word + 2], i), claims[i].low + charge);
            assertEq(_lane32(day.words[word + 3], i), claims[i].high + charge);
        }
    }

    function test_unpack_marksTheWordsThatTradeOrSpread() external view {
        for (uint256 i = 0; i < 96; ++i) {
            for (uint256 side = 1; side < 4; ++side) {
                PlainClaim[96] memory claims;
                claims[i].side = side;
                claims[i].high = side - 1;
                (DayPrices memory day, ) = _run(claims, 3, new uint16[2][](0));
                assertEq(day.traded, 1 << (i / 8));
                assertEq(day.spread, side == 1 ? 0 : 1 << (i / 8));
            }
        }
    }

    function _assertDay(PlainClaim[96] memory claims, uint16 charge, uint16[2][] memory limits) private view {
        (, ClassLanes[] memory classes) = _run(claims, charge, limits);
        for (uint256 c = 0; c < limits.length; ++c) {
            uint256 active = 0;
            for (uint256 i = 0; i < 96; ++i) {
                uint256 sell = PlainAuction.sellPrice(claims[i], limits[c][0]);
                uint256 buy = PlainAuction.buyPrice(claims[i], limits[c][1], charge);
                uint256 word = 6 * (i / 8) + (i % 2);
                assertEq(_lane64(classes[c].words[word], i), sell);
                assertEq(_lane64(classes[c].words[word + 2], i), buy);
                if (sell | buy != 0) active |= 1 << (i / 8);
            }
            assertEq(classes[c].active, active);
            // The totals of the class stay empty.
            for (uint256 k = 0; k < 12; ++k) assertEq(classes[c].words[6 * k + 4] | classes[c].words[6 * k + 5], 0);
        }
    }

    function _run(
        PlainClaim[96] memory claims,
        uint16 charge,
        uint16[2][] memory limits
    ) private view returns (DayPrices memory, ClassLanes[] memory) {
        (bytes memory prices, uint256 sides, bytes memory effective) = ClaimBytes.encode(claims);
        bytes memory noise = abi.encodePacked(type(uint256).max, type(uint256).max);
        return this.classesOf(noise, prices, effective, noise, sides, charge, limits);
    }

    /// @dev Words of eight without trade among the others; effective prices up to what a proven one can be.
    function _claims(uint256 seed, uint256 mostTicks) private pure returns (PlainClaim[96] memory claims) {
        for (uint256 i = 0; i < 96; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            claims[i].low = (random >> 8) % (mostTicks + 1);
            claims[i].high = random % 3 == 0 ? claims[i].low : (random >> 64) % (mostTicks + 1);
            if ((seed >> (i / 8)) & 1 == 1) continue;
            claims[i].side = (random >> 128) % 4;
            if (claims[i].side > 1) claims[i].effective = (random >> 160) % 2 ** 47;
        }
    }

    function _limits(uint256 seed, uint256 mostTicks, uint16 charge) private pure returns (uint16[2][] memory limits) {
        limits = new uint16[2][](4);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "limits", i)));
            limits[i] = [_ticks(random % (mostTicks + 1), 0), _ticks(((random >> 64) % (mostTicks + 1)) + charge, 0)];
        }
    }

    /// @dev Few ticks make ties.
    function _spreadOf(uint8 choice) private pure returns (uint256) {
        return [uint256(2), 9, 700, 65_535][choice % 4];
    }

    function _ticks(uint256 value, uint256 less) private pure returns (uint16) {
        uint256 ticks = value < less ? 0 : value - less;
        return ticks > 65_535 ? 65_535 : uint16(ticks);
    }

    function _lane32(uint256 word, uint256 interval) private pure returns (uint256) {
        return (word / 2 ** (32 * (7 - (interval % 8)))) % 2 ** 32;
    }

    /// @dev Of the four intervals of one parity, the earliest in the lowest lane.
    function _lane64(uint256 word, uint256 interval) private pure returns (uint256) {
        return (word / 2 ** (64 * ((interval % 8) / 2))) % 2 ** 64;
    }
}
