// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../../interfaces/ISettlement.sol";

/// @notice What is claimed of one interval.
struct PlainClaim {
    uint256 low;
    uint256 high;
    uint256 side;
    uint256 effective;
}

/// @notice Orders of one class in one interval, Wh.
struct PlainOrders {
    uint256 askTicks;
    uint256 bidTicks;
    uint256 exportWh;
    uint256 importWh;
}

/// @notice Supply asked below and up to a price, demand bid above and from it on, network charge included: Wh.
struct PlainSums {
    uint256 below;
    uint256 upTo;
    uint256 above;
    uint256 from;
}

/// @title PlainAuction
/// @notice Readable twin of `AuctionPrices` and `AuctionTotals`: one interval at a time, by the definitions.
library PlainAuction {
    error NeitherPriceNorWitness();

    uint256 internal constant NO_TRADE = 0;
    uint256 internal constant ALL_FILL = 1;
    uint256 internal constant SELLERS_SHARE = 2;
    uint256 internal constant BUYERS_SHARE = 3;
    uint256 internal constant SCALE = 2 ** 30;

    /// @notice What sellers with this ask get per unit, ticks x 2^30.
    function sellPrice(PlainClaim memory claim, uint256 askTicks) internal pure returns (uint256) {
        if (claim.side == NO_TRADE || askTicks > claim.low) return 0;
        if (askTicks == claim.low && claim.side == SELLERS_SHARE) return claim.effective;
        return ((claim.low + claim.high) / 2) * SCALE;
    }

    /// @notice What buyers with this bid pay per unit, ticks x 2^30.
    function buyPrice(PlainClaim memory claim, uint256 bidTicks, uint256 charge) internal pure returns (uint256) {
        if (claim.side == NO_TRADE || bidTicks < claim.high + charge) return 0;
        if (bidTicks == claim.high + charge && claim.side == BUYERS_SHARE) return claim.effective;
        return ((claim.low + claim.high) / 2 + charge) * SCALE;
    }

    function sumsAt(
        PlainOrders[] memory orders,
        uint256 priceTicks,
        uint256 charge
    ) internal pure returns (PlainSums memory sums) {
        for (uint256 i = 0; i < orders.length; ++i) {
            if (orders[i].askTicks < priceTicks) sums.below += orders[i].exportWh;
            if (orders[i].askTicks <= priceTicks) sums.upTo += orders[i].exportWh;
            if (orders[i].bidTicks > priceTicks + charge) sums.above += orders[i].importWh;
            if (orders[i].bidTicks >= priceTicks + charge) sums.from += orders[i].importWh;
        }
    }

    function volume(
        PlainOrders[] memory orders,
        PlainClaim memory claim,
        uint256 charge
    ) internal pure returns (uint256) {
        if (claim.side == NO_TRADE) return 0;
        PlainSums memory sums = sumsAt(orders, claim.low, charge);
        return sums.upTo < sums.from ? sums.upTo : sums.from;
    }

    /// @notice What is wrong with prices and side, as the contract's error; empty if nothing is.
    function objection(
        PlainOrders[] memory orders,
        PlainClaim memory claim,
        uint256 interval,
        uint256 charge
    ) internal pure returns (bytes memory) {
        (uint256 low, uint256 high) = (claim.low, claim.high);
        if (low > high) return abi.encodeWithSelector(ISettlement.PricesCrossed.selector, interval, low, high);
        PlainSums memory atLow = sumsAt(orders, low, charge);
        if (claim.side == NO_TRADE) {
            bool apart = (atLow.upTo == 0 && atLow.above == 0) || (atLow.below == 0 && atLow.from == 0);
            if (low != high) return abi.encodeWithSelector(ISettlement.WitnessFails.selector, interval, high);
            return apart ? bytes("") : abi.encodeWithSelector(ISettlement.WitnessFails.selector, interval, low);
        }
        PlainSums memory atHigh = sumsAt(orders, high, charge);
        if (atLow.upTo == 0 || atLow.from == 0) return abi.encodeWithSelector(ISettlement.NoVolume.selector, interval);
        if (!_balances(atLow)) return abi.encodeWithSelector(ISettlement.PriceDoesNotClear.selector, interval, low);
        if (!_balances(atHigh)) return abi.encodeWithSelector(ISettlement.PriceDoesNotClear.selector, interval, high);
        // One tick less would leave demand without supply, one tick more supply without demand.
        if (atLow.from <= atLow.below)
            return abi.encodeWithSelector(ISettlement.NotLowestPrice.selector, interval, low);
        if (atHigh.upTo <= atHigh.above) {
            return abi.encodeWithSelector(ISettlement.NotHighestPrice.selector, interval, high);
        }
        uint256 side = _sideOf(atLow, low == high);
        if (claim.side == side) return "";
        return abi.encodeWithSelector(ISettlement.WrongSide.selector, interval, claim.side, side);
    }

    /// @notice The effective price of an interval whose prices and side are right.
    function effectiveOf(
        PlainOrders[] memory orders,
        PlainClaim memory claim,
        uint256 charge
    ) internal pure returns (uint256) {
        PlainSums memory sums = sumsAt(orders, claim.low, charge);
        if (claim.side == SELLERS_SHARE) {
            return (claim.low * SCALE * (sums.from - sums.below)) / (sums.upTo - sums.below);
        }
        if (claim.side != BUYERS_SHARE) return 0;
        uint256 shared = sums.from - sums.above;
        uint256 product = (claim.low + charge) * SCALE * (sums.upTo - sums.above);
        return product / shared + (product % shared == 0 ? 0 : 1);
    }

    /// @notice The claim that is accepted, by trying every price up to `mostTicks`.
    function solve(
        PlainOrders[] memory orders,
        uint256 charge,
        uint256 mostTicks
    ) internal pure returns (PlainClaim memory claim) {
        bool found = false;
        for (uint256 price = 0; price <= mostTicks; ++price) {
            PlainSums memory sums = sumsAt(orders, price, charge);
            if (!_balances(sums) || sums.upTo == 0 || sums.from == 0) continue;
            if (!found) (claim.low, found) = (price, true);
            claim.high = price;
        }
        if (!found) return _witness(orders, charge, mostTicks);
        claim.side = _sideOf(sumsAt(orders, claim.low, charge), claim.low == claim.high);
        claim.effective = effectiveOf(orders, claim, charge);
    }

    function _witness(
        PlainOrders[] memory orders,
        uint256 charge,
        uint256 mostTicks
    ) private pure returns (PlainClaim memory claim) {
        for (uint256 price = 0; price <= mostTicks; ++price) {
            (claim.low, claim.high) = (price, price);
            if (objection(orders, claim, 0, charge).length == 0) return claim;
        }
        revert NeitherPriceNorWitness();
    }

    function _sideOf(PlainSums memory sums, bool single) private pure returns (uint256) {
        if (!single || sums.upTo == sums.from) return ALL_FILL;
        return sums.upTo > sums.from ? SELLERS_SHARE : BUYERS_SHARE;
    }

    /// @dev Whoever wants to trade at this price finds enough on the other side.
    function _balances(PlainSums memory sums) private pure returns (bool) {
        return sums.upTo >= sums.above && sums.from >= sums.below;
    }
}
