// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Host} from "../../libraries/Host.sol";
import {MeterWord} from "../../libraries/MeterWords.sol";
import {AuctionPrices, ClassLanes, DayPrices} from "../../libraries/settlement/AuctionPrices.sol";
import {DaySettlement} from "../../libraries/settlement/DaySettlement.sol";
import {MeterPass, MeterSums} from "../../libraries/settlement/MeterPass.sol";
import {Claims, MarketState} from "../../types/Settlement.sol";
import {NeighbourhoodState, QueuedSettings} from "../../types/State.sol";

/// @notice The settlement alone, over a state that a test writes and reads directly.
contract SettlementCore {
    struct Seat {
        address device;
        MeterWord word;
        uint32 revokedInWindowOf;
        QueuedSettings queued;
    }

    struct Window {
        MarketState market;
        uint256 announced;
        uint256 forced;
        bytes32 forcedHash;
    }

    /// @notice All that a settlement may have changed.
    event Left(bytes32[] words, uint256 treasuryBaseUnits, uint256 settledAt, uint256 queued, uint256 seatsInForce);

    /// @notice What a profile comes to before it is rounded to money.
    event Summed(MeterSums sums);

    uint256 public constant closingWindowSeconds = 2 hours;

    function prepare(Seat[] calldata seats, Window calldata window) external {
        NeighbourhoodState storage state = Host.state();
        for (uint256 i = 0; i < seats.length; ++i) {
            Seat calldata seat = seats[i];
            MeterWord word = seat.word;
            state.words[seat.device] = word;
            state.facts[word.meter()].device = seat.device;
            state.facts[word.meter()].revokedInWindowOf = seat.revokedInWindowOf;
            state.queuedSettings[word.meter()] = seat.queued;
            if (word.isSharing()) _hold(state, word.seat());
            if (word.isSharing() && !word.isCommunity()) _refer(state, word.askTicks(), word.bidTicks());
            QueuedSettings calldata queued = seat.queued;
            if (queued.sharing && !queued.community) _refer(state, queued.askTicks, queued.bidTicks);
        }
        state.market = window.market;
        state.announced = window.announced;
        state.forced = window.forced;
        state.forcedHash = window.forcedHash;
    }

    function settle(
        uint32 day,
        Claims calldata claims,
        bytes calldata batch,
        bytes calldata skipped,
        address[] calldata devices
    ) external {
        NeighbourhoodState storage state = Host.state();
        DaySettlement.settleDay(day, claims, batch, skipped);
        bytes32[] memory words = new bytes32[](devices.length);
        uint256 queued;
        for (uint256 i = 0; i < devices.length; ++i) {
            MeterWord word = state.words[devices[i]];
            words[i] = bytes32(MeterWord.unwrap(word));
            if (state.queuedSettings[word.meter()].effectiveDay != 0) ++queued;
        }
        emit Left(words, state.treasury.balanceBaseUnits, state.market.settledAt, queued, state.seatsInForce);
    }

    /// @param intervals 384 bytes.
    function sum(
        Claims calldata claims,
        uint16 chargeTicks,
        uint16 askTicks,
        uint16 bidTicks,
        bytes memory intervals
    ) external {
        DayPrices memory day = AuctionPrices.unpack(claims.prices, claims.sides, claims.effective, chargeTicks);
        ClassLanes memory class = AuctionPrices.room();
        AuctionPrices.setClass(class, day, askTicks, bidTicks);
        MeterSums memory sums;
        uint256 position;
        assembly ("memory-safe") {
            position := add(intervals, 32)
        }
        MeterPass.add(position, 32_767, class, sums);
        emit Summed(sums);
    }

    function _hold(NeighbourhoodState storage state, uint256 seat) private {
        state.seatsInForce |= 1 << seat;
        state.seatsTaken |= 1 << seat;
        ++state.treasury.sharingMeters;
    }

    function _refer(NeighbourhoodState storage state, uint16 askTicks, uint16 bidTicks) private {
        uint32 pair = (uint32(askTicks) << 16) | bidTicks;
        if (state.classes.references[pair]++ != 0) return;
        state.classes.pairs.push(pair);
        state.classes.places[pair] = uint8(state.classes.pairs.length);
    }
}
