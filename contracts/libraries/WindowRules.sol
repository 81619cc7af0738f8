// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ISettlement} from "../interfaces/ISettlement.sol";
import {MarketState} from "../types/Settlement.sol";
import {Calendar} from "./Calendar.sol";
import {MeterWord} from "./MeterWords.sol";

/// @title WindowRules
/// @notice When a day may be announced, contested and settled, and when it is over for good. Days go in order and one
/// window is open at a time, so the last announced day says it all.
library WindowRules {
    /// @notice The first part of a window, in which members contest the announcement and nobody settles.
    uint256 internal constant FORCING_SECONDS = 1 hours;

    /// @dev Time for members to move money and settings before the next window opens.
    uint256 private constant REST_AFTER_SETTLED_SECONDS = 1 hours;
    /// @dev Longer, so that windows which nobody settles do not follow each other closely.
    uint256 private constant REST_AFTER_VOID_SECONDS = 18 hours;
    /// @dev A day that was not announced by then is void.
    uint256 internal constant ANNOUNCEABLE_DAYS = 7;

    /// @notice End of the last window, unless it is settled before.
    function closesAt(MarketState memory market, uint256 closingWindowSeconds) internal pure returns (uint256) {
        return market.openedAt + closingWindowSeconds;
    }

    /// @dev At deployment `openedAt` is 0: long over.
    function isOpen(MarketState memory market, uint256 closingWindowSeconds) internal view returns (bool) {
        return market.settledAt == 0 && block.timestamp < closesAt(market, closingWindowSeconds);
    }

    /// @notice Whether a day is settled or void.
    function isClosed(
        MarketState memory market,
        uint256 closingWindowSeconds,
        uint256 day
    ) internal view returns (bool) {
        // A day that was announced at the last moment keeps its whole window.
        if (day == market.day) return !isOpen(market, closingWindowSeconds);
        return day < market.day || block.timestamp >= Calendar.endOf(day + ANNOUNCEABLE_DAYS);
    }

    /// @notice The day that can be announced next, and from when on.
    function next(
        MarketState memory market,
        uint256 closingWindowSeconds
    ) internal view returns (uint32 day, uint256 opensAt) {
        uint256 oldest = Calendar.today() - ANNOUNCEABLE_DAYS;
        day = market.day + 1;
        if (day < oldest) day = SafeCast.toUint32(oldest);
        opensAt =
            market.settledAt == 0
                ? closesAt(market, closingWindowSeconds) + REST_AFTER_VOID_SECONDS
                : market.settledAt + REST_AFTER_SETTLED_SECONDS;
        if (opensAt < Calendar.endOf(day)) opensAt = Calendar.endOf(day);
    }

    /// @notice Reverts while a window is open, if the meter shares.
    function requireMovable(
        MarketState memory market,
        uint256 closingWindowSeconds,
        uint32 meter,
        MeterWord word
    ) internal view {
        require(
            !word.isSharing() || !isOpen(market, closingWindowSeconds),
            ISettlement.StandsStill(meter, market.day, closesAt(market, closingWindowSeconds))
        );
    }
}
