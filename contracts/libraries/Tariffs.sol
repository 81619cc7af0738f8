// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ISharing} from "../interfaces/ISharing.sol";
import {MarketState, Tariff} from "../types/Settlement.sol";
import {NeighbourhoodState} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {WindowRules} from "./WindowRules.sol";

/// @title Tariffs
/// @notice Community price and network charge of a day: those in force, and one queued change.
library Tariffs {
    function inForce(MarketState memory market, uint256 day) internal pure returns (Tariff memory) {
        return
            market.tariffDay != 0 && day >= market.tariffDay
                ? Tariff(market.nextCommunityPriceTicks, market.nextNetworkChargeTicks)
                : Tariff(market.communityPriceTicks, market.networkChargeTicks);
    }

    /// @notice Checks that the bid of a meter at the community price fits its lane.
    function check(Tariff memory tariff) internal pure {
        uint256 sum = uint256(tariff.communityPriceTicks) + tariff.networkChargeTicks;
        require(
            sum <= type(uint16).max,
            ISharing.CommunityPriceTooHigh(tariff.communityPriceTicks, tariff.networkChargeTicks, type(uint16).max)
        );
    }

    /// @notice Queues a tariff. One that was queued before is replaced if it has not begun; else it is the one in force,
    /// which needs every earlier day to be settled or void.
    function enqueue(
        NeighbourhoodState storage state,
        uint256 closingWindowSeconds,
        uint32 effectiveDay,
        Tariff memory tariff
    ) internal {
        MarketState memory market = state.market;
        uint256 today = Calendar.today();
        require(effectiveDay > today + 1, ISharing.TariffDayNotAhead(effectiveDay, SafeCast.toUint32(today)));
        uint32 begun = market.tariffDay;
        if (begun != 0 && begun <= today) {
            require(WindowRules.isClosed(market, closingWindowSeconds, begun - 1), ISharing.TariffPending(begun));
            market.communityPriceTicks = market.nextCommunityPriceTicks;
            market.networkChargeTicks = market.nextNetworkChargeTicks;
        }
        check(tariff);
        market.nextCommunityPriceTicks = tariff.communityPriceTicks;
        market.nextNetworkChargeTicks = tariff.networkChargeTicks;
        market.tariffDay = effectiveDay;
        state.market = market;

        emit ISharing.TariffQueued(effectiveDay, tariff.communityPriceTicks, tariff.networkChargeTicks);
    }
}
