// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {AuctionPrices, ClassLanes, DayPrices} from "../libraries/settlement/AuctionPrices.sol";
import {AuctionTotals} from "../libraries/settlement/AuctionTotals.sol";
import {ClaimBytes} from "./twins/ClaimBytes.sol";
import {PlainAuction, PlainClaim, PlainOrders} from "./twins/PlainAuction.sol";

/// @notice The packed proof accepts exactly the claims that the plain rules accept, and names the first one that is wrong.
contract AuctionTotalsTest is Test {
    /// @notice Limits of a class, its unit, and its energies in Wh per interval.
    struct Class {
        uint256 askTicks;
        uint256 bidTicks;
        uint256 unitWh;
        uint256[96] exports;
        uint256[96] imports;
    }

    /// @dev A price at which nobody meets can lie just outside all limits.
    uint256 private constant MOST_TICKS = 9;

    function verify(
        Class[] calldata classes,
        bytes calldata prices,
        uint256 sides,
        bytes calldata effective,
        uint256 charge
    ) external pure returns (bytes memory volumesWh, uint256 clearedWh) {
        DayPrices memory day = AuctionPrices.unpack(prices, sides, effective, charge);
        uint256[] memory sums = AuctionTotals.room();
        ClassLanes memory lanes = AuctionPrices.room();
        for (uint256 c = 0; c < classes.length; ++c) {
            Class calldata class = classes[c];
            for (uint256 i = 0; i < 96; ++i) {
                uint256 shift = 32 * (7 - (i % 8));
                lanes.words[6 * (i / 8) + 4] |= (class.imports[i] / class.unitWh) << shift;
                lanes.words[6 * (i / 8) + 5] |= (class.exports[i] / class.unitWh) << shift;
            }
            AuctionTotals.addClass(sums, lanes, day, class.askTicks, class.bidTicks, class.unitWh);
            // Empty for the next one.
            for (uint256 k = 0; k < 12; ++k) assert(lanes.words[6 * k + 4] | lanes.words[6 * k + 5] == 0);
        }
        return AuctionTotals.verify(sums, day, sides, effective, charge);
    }

    function test_fuzz_verify_acceptsTheSolution(uint256 seed) external view {
        (Class[] memory classes, uint256 charge) = _market(seed);
        _assertSame(classes, _solve(classes, charge), charge);
    }

    /// @dev One interval at a time is tampered with, anywhere, so that all the others stay right.
    function test_fuzz_verify_ofOneTamperedInterval_refusesAsPlain(uint256 seed, uint256 random) external view {
        (Class[] memory classes, uint256 charge) = _market(seed);
        PlainClaim[96] memory claims = _solve(classes, charge);
        for (uint256 t = 0; t < 4; ++t) {
            uint256 dice = uint256(keccak256(abi.encode(random, t)));
            uint256 interval = dice % 96;
            PlainClaim memory honest = claims[interval];
            claims[interval] = _tamper(honest, dice >> 8);
            _assertSame(classes, claims, charge);
            claims[interval] = honest;
        }
    }

    function test_fuzz_verify_ofRandomClaims_refusesAsPlain(uint256 seed, uint256 random) external view {
        (Class[] memory classes, uint256 charge) = _market(seed);
        PlainClaim[96] memory claims = _solve(classes, charge);
        uint256 first = random % 96;
        for (uint256 i = first; i < 96; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(random, i)));
            if (dice % 4 == 0) claims[i] = _tamper(claims[i], dice >> 8);
        }
        _assertSame(classes, claims, charge);
    }

    /// @dev 256 meters at their most, all in one class, and all on one side of another.
    function test_verify_ofTheLargestNeighbourhood() external view {
        uint256 most = 256 * 32_767 * 100;
        uint256[4] memory demands = [most, most - 100, 100, 0];
        for (uint256 d = 0; d < 4; ++d) {
            Class[] memory classes = new Class[](2);
            (classes[0].askTicks, classes[0].unitWh) = (3, 100);
            (classes[1].askTicks, classes[1].bidTicks, classes[1].unitWh) = (9, 7, 100);
            for (uint256 i = 0; i < 96; ++i) (classes[0].exports[i], classes[1].imports[i]) = (most, demands[d]);
            _assertSame(classes, _solve(classes, 2), 2);
            (classes[0].askTicks, classes[0].bidTicks) = (3, 5);
            _assertSame(classes, _solve(classes, 2), 2);
        }
    }

    function test_verify_atTheHighestPrices() external view {
        Class[] memory classes = new Class[](2);
        (classes[0].askTicks, classes[0].unitWh) = (65_535, 1);
        (classes[1].bidTicks, classes[1].unitWh) = (65_535, 1);
        for (uint256 i = 0; i < 96; ++i) (classes[0].exports[i], classes[1].imports[i]) = (10 + i, 57);
        PlainClaim[96] memory claims;
        for (uint256 i = 0; i < 96; ++i) {
            claims[i] = PlainClaim(
                65_535,
                65_535,
                i == 47
                    ? 1
                    : i < 47
                        ? 3
                        : 2,
                0
            );
            claims[i].effective = PlainAuction.effectiveOf(_ordersOf(classes, i), claims[i], 0);
        }
        _assertSame(classes, claims, 0);
        // With a charge they do not meet. Above the highest price there is no witness but the charge keeps buyers away.
        for (uint256 i = 0; i < 96; ++i) claims[i] = PlainClaim(65_535, 65_535, 0, 0);
        _assertSame(classes, claims, 1);
        for (uint256 i = 0; i < 96; ++i) claims[i] = PlainClaim(0, 0, 0, 0);
        _assertSame(classes, claims, 65_535);
    }

    /// @dev Supply and demand are equal, so that a range of prices clears; each end is moved, in every lane.
    function test_verify_ofARange_refusesEveryOtherEndInEveryLane() external view {
        Class[] memory classes = new Class[](2);
        (classes[0].askTicks, classes[0].unitWh) = (3, 1);
        (classes[1].bidTicks, classes[1].unitWh) = (8, 10);
        for (uint256 i = 0; i < 96; ++i) classes[0].exports[i] = classes[1].imports[i] = 10 * (i + 1);
        PlainClaim[96] memory claims;
        for (uint256 i = 0; i < 96; ++i) claims[i] = PlainClaim(3, 7, 1, 0);
        assertEq(_objection(classes, claims, 1), "");
        _assertSame(classes, claims, 1);
        for (uint256 i = 40; i < 48; ++i) {
            for (uint256 end = 2; end <= 8; ++end) {
                claims[i] = PlainClaim(end, 7, 1, 0);
                _assertSame(classes, claims, 1);
                claims[i] = PlainClaim(3, end, 1, 0);
                _assertSame(classes, claims, 1);
            }
            claims[i] = PlainClaim(3, 7, 1, 0);
        }
    }

    function _assertSame(Class[] memory classes, PlainClaim[96] memory claims, uint256 charge) private view {
        (bytes memory prices, uint256 sides, bytes memory effective) = ClaimBytes.encode(claims);
        bytes memory expected = _objection(classes, claims, charge);
        try this.verify(classes, prices, sides, effective, charge) returns (bytes memory volumesWh, uint256 clearedWh) {
            assertEq(expected, "");
            (bytes memory plainVolumes, uint256 plainCleared) = _volumes(classes, claims, charge);
            assertEq(volumesWh, plainVolumes);
            assertEq(clearedWh, plainCleared);
        } catch (bytes memory reason) {
            assertEq(reason, expected);
        }
    }

    /// @dev Eight intervals are judged at a time, their effective prices after their prices and sides.
    function _objection(
        Class[] memory classes,
        PlainClaim[96] memory claims,
        uint256 charge
    ) private pure returns (bytes memory found) {
        for (uint256 k = 0; k < 12; ++k) {
            for (uint256 i = 8 * k; i < 8 * k + 8; ++i) {
                found = PlainAuction.objection(_ordersOf(classes, i), claims[i], i, charge);
                if (found.length != 0) return found;
            }
            for (uint256 i = 8 * k; i < 8 * k + 8; ++i) {
                uint256 expected = PlainAuction.effectiveOf(_ordersOf(classes, i), claims[i], charge);
                if (claims[i].effective == expected) continue;
                return
                    abi.encodeWithSignature(
                        "WrongEffectivePrice(uint256,uint256,uint256)",
                        i,
                        claims[i].effective,
                        expected
                    );
            }
        }
    }

    function _volumes(
        Class[] memory classes,
        PlainClaim[96] memory claims,
        uint256 charge
    ) private pure returns (bytes memory volumesWh, uint256 clearedWh) {
        uint32[96] memory volumes;
        for (uint256 i = 0; i < 96; ++i) {
            uint256 volume = PlainAuction.volume(_ordersOf(classes, i), claims[i], charge);
            volumes[i] = uint32(volume);
            clearedWh += volume;
        }
        for (uint256 i = 0; i < 96; ++i) volumesWh = abi.encodePacked(volumesWh, volumes[i]);
    }

    function _solve(Class[] memory classes, uint256 charge) private pure returns (PlainClaim[96] memory claims) {
        for (uint256 i = 0; i < 96; ++i) claims[i] = PlainAuction.solve(_ordersOf(classes, i), charge, MOST_TICKS);
    }

    function _ordersOf(Class[] memory classes, uint256 interval) private pure returns (PlainOrders[] memory orders) {
        orders = new PlainOrders[](classes.length);
        for (uint256 c = 0; c < classes.length; ++c) {
            Class memory class = classes[c];
            orders[c] = PlainOrders(class.askTicks, class.bidTicks, class.exports[interval], class.imports[interval]);
        }
    }

    function _tamper(PlainClaim memory honest, uint256 dice) private pure returns (PlainClaim memory claim) {
        claim = PlainClaim(honest.low, honest.high, honest.side, honest.effective);
        uint256 kind = dice % 9;
        uint256 other = (dice >> 8) % (MOST_TICKS + 1);
        if (kind == 0) claim.low = other;
        if (kind == 1) claim.high = other;
        if (kind == 2) (claim.low, claim.high) = (other, other);
        if (kind == 3) claim.side = (claim.side + 1 + ((dice >> 8) % 3)) % 4;
        if (kind == 4) claim.effective += 1;
        if (kind == 5) claim.effective = claim.effective == 0 ? type(uint64).max : claim.effective - 1;
        if (kind == 6 && claim.low != 0) --claim.low;
        if (kind == 7) ++claim.high;
        if (kind == 8) (claim.low, claim.high) = (claim.high, claim.low);
    }

    /// @dev Few prices and few quantities, so that ties, zeros and exact matches are common.
    function _market(uint256 seed) private pure returns (Class[] memory classes, uint256 charge) {
        charge = seed % 3;
        classes = new Class[](1 + ((seed >> 8) % 4));
        for (uint256 c = 0; c < classes.length; ++c) {
            uint256 random = uint256(keccak256(abi.encode(seed, "class", c)));
            Class memory class = classes[c];
            class.askTicks = random % 6;
            class.bidTicks = ((random >> 8) % 6) + charge;
            class.unitWh = 10 ** ((random >> 16) % 3);
            uint256 most =
                (random >> 24) % 3 == 0
                    ? 2
                    : (random >> 24) % 3 == 1
                        ? 40
                        : 60 * 32_767;
            for (uint256 i = 0; i < 96; ++i) {
                uint256 dice = uint256(keccak256(abi.encode(random, i)));
                if (dice % 3 != 0) class.exports[i] = (1 + ((dice >> 8) % most)) * class.unitWh;
                if (dice % 5 < 3) class.imports[i] = (1 + ((dice >> 80) % most)) * class.unitWh;
            }
        }
    }
}
