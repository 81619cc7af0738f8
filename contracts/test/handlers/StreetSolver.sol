// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SignedProfile} from "../../types/Profiles.sol";
import {Claims, Tariff} from "../../types/Settlement.sol";
import {ClaimBytes} from "../twins/ClaimBytes.sol";
import {PlainAuction, PlainClaim, PlainOrders, PlainSums} from "../twins/PlainAuction.sol";
import {PlainDayLanes} from "../twins/PlainDayLanes.sol";
import {PlainPayments} from "../twins/PlainPayments.sol";
import {PlainProfile, PlainProfileBatch} from "../twins/PlainProfileBatch.sol";

/// @notice A meter of the announced day, in the order of the batch.
struct Home {
    uint32 meter;
    uint8 exponent;
    bool community;
    bool fits; // else its profile is skipped as unfit
    bool unfunded; // set by the solver
    uint16 askTicks; // as in its word
    uint16 bidTicks; // as in its word
    uint256 balanceBaseUnits;
    SignedProfile profile;
}

/// @notice What must come of a day.
struct SolvedDay {
    Claims claims;
    bytes batch;
    int256[] payments; // of all homes, 0 where unfit
    bytes paymentList; // as in the event
    bytes volumesWh; // as in the event
    uint256 clearedWh;
}

/// @notice Settles a few homes by plain loops: prices by trying all limits, energies and payments by the definitions.
library StreetSolver {
    function solve(Home[] memory homes, Tariff memory tariff) internal pure returns (SolvedDay memory solved) {
        uint256 charge = tariff.networkChargeTicks;
        for (uint256 i = 0; i < homes.length; ++i) homes[i].unfunded = _isUnfunded(homes[i], tariff);
        PlainClaim[96] memory claims;
        uint256[] memory purchases = new uint256[](homes.length);
        uint256[] memory sales = new uint256[](homes.length);
        for (uint256 at = 0; at < 96; ++at) {
            PlainOrders[] memory orders = _ordersAt(homes, tariff, at);
            claims[at] = _claimOf(orders, charge);
            uint256 volumeWh = _volumeOf(orders, claims[at], charge);
            solved.volumesWh = abi.encodePacked(solved.volumesWh, uint32(volumeWh));
            solved.clearedWh += volumeWh;
            for (uint256 i = 0; i < homes.length; ++i) {
                purchases[i] += orders[i].importWh * PlainAuction.buyPrice(claims[at], orders[i].bidTicks, charge);
                sales[i] += orders[i].exportWh * PlainAuction.sellPrice(claims[at], orders[i].askTicks);
            }
        }
        (solved.claims.prices, solved.claims.sides, solved.claims.effective) = ClaimBytes.encode(claims);
        solved.batch = _batchOf(homes);
        solved.payments = new int256[](homes.length);
        for (uint256 i = 0; i < homes.length; ++i) {
            if (!homes[i].fits) continue;
            // Energies are in Wh already.
            int256 payment = PlainPayments.toBaseUnits(purchases[i], sales[i], 1);
            solved.payments[i] = payment;
            solved.paymentList = abi.encodePacked(solved.paymentList, homes[i].meter, int64(payment));
        }
    }

    // ---------------------------------------------------------------- orders

    function _limitsOf(Home memory home, Tariff memory tariff) private pure returns (uint256 ask, uint256 bid) {
        if (!home.community) return (home.askTicks, home.bidTicks);
        ask = tariff.communityPriceTicks;
        bid = ask + tariff.networkChargeTicks;
    }

    /// @dev Its whole import at its own bid is more than it has.
    function _isUnfunded(Home memory home, Tariff memory tariff) private pure returns (bool) {
        (, uint256 bid) = _limitsOf(home, tariff);
        uint256 importUnits = 0;
        for (uint256 i = 0; i < 96; ++i) importUnits += PlainDayLanes.importAt(home.profile.intervals, i);
        uint256 neededBaseUnits = (importUnits * 10 ** home.exponent * bid + 9) / 10;
        return home.balanceBaseUnits < neededBaseUnits;
    }

    function _ordersAt(
        Home[] memory homes,
        Tariff memory tariff,
        uint256 at
    ) private pure returns (PlainOrders[] memory orders) {
        orders = new PlainOrders[](homes.length);
        for (uint256 i = 0; i < homes.length; ++i) {
            (orders[i].askTicks, orders[i].bidTicks) = _limitsOf(homes[i], tariff);
            if (!homes[i].fits) continue;
            uint256 unitWh = 10 ** homes[i].exponent;
            orders[i].exportWh = PlainDayLanes.exportAt(homes[i].profile.intervals, at) * unitWh;
            if (homes[i].unfunded) continue;
            orders[i].importWh = PlainDayLanes.importAt(homes[i].profile.intervals, at) * unitWh;
        }
    }

    // ---------------------------------------------------------------- prices

    /// @dev Supply and demand change at limits only, so the lowest and the highest price that clears are limits.
    function _claimOf(PlainOrders[] memory orders, uint256 charge) private pure returns (PlainClaim memory claim) {
        bool found = false;
        for (uint256 i = 0; i < 2 * orders.length; ++i) {
            PlainOrders memory order = orders[i / 2];
            if (i % 2 == 1 && order.bidTicks < charge) continue;
            uint256 price = i % 2 == 0 ? order.askTicks : order.bidTicks - charge;
            PlainSums memory sums = PlainAuction.sumsAt(orders, price, charge);
            bool trades = sums.upTo != 0 && sums.from != 0;
            if (!trades || sums.upTo < sums.above || sums.from < sums.below) continue;
            if (!found || price < claim.low) claim.low = price;
            if (!found || price > claim.high) claim.high = price;
            found = true;
        }
        if (!found) return _witnessOf(orders, charge);
        PlainSums memory atLow = PlainAuction.sumsAt(orders, claim.low, charge);
        claim.side = PlainAuction.ALL_FILL;
        if (claim.low == claim.high && atLow.upTo > atLow.from) claim.side = PlainAuction.SELLERS_SHARE;
        if (claim.low == claim.high && atLow.upTo < atLow.from) claim.side = PlainAuction.BUYERS_SHARE;
        claim.effective = PlainAuction.effectiveOf(orders, claim, charge);
    }

    /// @dev Without trade every bid is below every ask: at the lowest ask nobody buys and nobody asks less. Without supply
    /// nobody bids more than the highest bid.
    function _witnessOf(PlainOrders[] memory orders, uint256 charge) private pure returns (PlainClaim memory claim) {
        uint256 lowestAsk = type(uint256).max;
        uint256 highestBid = charge;
        for (uint256 i = 0; i < orders.length; ++i) {
            if (orders[i].exportWh != 0 && orders[i].askTicks < lowestAsk) lowestAsk = orders[i].askTicks;
            if (orders[i].importWh != 0 && orders[i].bidTicks > highestBid) highestBid = orders[i].bidTicks;
        }
        claim.low = lowestAsk == type(uint256).max ? highestBid - charge : lowestAsk;
        claim.high = claim.low;
    }

    /// @dev What is sold, and the proof that as much is bought: the side that does not share fills wholly, the better orders
    /// of the other one do not suffice.
    function _volumeOf(
        PlainOrders[] memory orders,
        PlainClaim memory claim,
        uint256 charge
    ) private pure returns (uint256 volumeWh) {
        if (claim.side == PlainAuction.NO_TRADE) return 0;
        volumeWh = PlainAuction.volume(orders, claim, charge);
        PlainSums memory atLow = PlainAuction.sumsAt(orders, claim.low, charge);
        PlainSums memory atHigh = PlainAuction.sumsAt(orders, claim.high, charge);
        bool sold =
            claim.side == PlainAuction.SELLERS_SHARE
                ? atLow.below < volumeWh && volumeWh < atLow.upTo
                : volumeWh == atLow.upTo;
        bool bought =
            claim.side == PlainAuction.BUYERS_SHARE
                ? atHigh.above < volumeWh && volumeWh < atHigh.from
                : volumeWh == atHigh.from;
        require(sold && bought, "sold = bought");
    }

    // ---------------------------------------------------------------- batch

    /// @dev Neighbours of the same class have one header.
    function _batchOf(Home[] memory homes) private pure returns (bytes memory batch) {
        uint256 from = 0;
        while (from < homes.length) {
            bytes memory head = _headOf(homes[from]);
            bytes memory profiles = "";
            uint256 to = from;
            while (to < homes.length && keccak256(_headOf(homes[to])) == keccak256(head)) {
                profiles = bytes.concat(profiles, _profileOf(homes[to].profile));
                ++to;
            }
            batch = bytes.concat(batch, head, bytes2(uint16(to - from)), profiles);
            from = to;
        }
    }

    function _headOf(Home memory home) private pure returns (bytes memory) {
        return abi.encodePacked(uint8(2 * home.exponent + (home.community ? 1 : 0)), home.askTicks, home.bidTicks);
    }

    function _profileOf(SignedProfile memory profile) private pure returns (bytes memory) {
        bytes memory signature = profile.signature;
        PlainProfile memory plain;
        plain.importRegister = uint48(profile.importRegister);
        plain.exportRegister = uint48(profile.exportRegister);
        plain.quality = uint192(profile.quality);
        plain.withQuality = profile.quality != 0;
        plain.intervals = profile.intervals;
        plain.p256 = signature.length == 128;
        (plain.r, plain.s) = (_word(signature, 0), uint256(_word(signature, 32)));
        if (plain.p256) (plain.x, plain.y) = (_word(signature, 64), _word(signature, 96));
        else plain.v = uint8(signature[64]);
        return PlainProfileBatch.encode(plain);
    }

    function _word(bytes memory data, uint256 position) private pure returns (bytes32 word) {
        for (uint256 i = 0; i < 32; ++i) word |= bytes32(data[position + i]) >> (8 * i);
    }
}
