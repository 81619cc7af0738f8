// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ISharing} from "../interfaces/ISharing.sol";
import {Settings} from "../types/Settlement.sol";
import {NeighbourhoodState, QueuedSettings} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {LimitClassSet} from "./LimitClassSet.sol";
import {MeterWord} from "./MeterWords.sol";
import {Seats} from "./Seats.sol";

/// @title SettingsQueue
/// @notice Settings that wait for their day. What they will need, a seat and a pair of limits, is reserved when they are
/// queued: putting them in force never fails.
library SettingsQueue {
    /// @notice Queues settings from tomorrow on, in the place of queued ones that have not begun.
    /// @return The word, marked.
    function enqueue(
        NeighbourhoodState storage state,
        uint32 meter,
        MeterWord word,
        Settings memory settings
    ) internal returns (MeterWord) {
        QueuedSettings memory queued = state.queuedSettings[meter];
        requireNotBegun(meter, queued.effectiveDay);
        if (queued.sharing && !queued.community) {
            LimitClassSet.release(state.classes, queued.askTicks, queued.bidTicks);
        }
        if (settings.sharing && !settings.community) {
            LimitClassSet.acquire(state.classes, settings.askTicks, settings.bidTicks);
        }
        uint8 seat = _seatFor(state, meter, word, queued, settings.sharing);
        uint32 effectiveDay = SafeCast.toUint32(Calendar.today() + 1);

        state.queuedSettings[meter] = QueuedSettings({
            effectiveDay: effectiveDay,
            sharing: settings.sharing,
            community: settings.community,
            seat: seat,
            askTicks: settings.askTicks,
            bidTicks: settings.bidTicks
        });

        emit ISharing.SettingsQueued(
            meter,
            effectiveDay,
            settings.sharing,
            settings.community,
            settings.askTicks,
            settings.bidTicks
        );
        return word.withSettingsQueued(true);
    }

    /// @notice Puts the queued settings in force. The days before theirs are closed to the meter.
    /// @dev The caller has checked that they are due, and stores the word.
    function putInForce(NeighbourhoodState storage state, uint32 meter, MeterWord word) internal returns (MeterWord) {
        QueuedSettings memory queued = state.queuedSettings[meter];
        delete state.queuedSettings[meter];
        bool shared = word.isSharing();
        if (shared && !word.isCommunity()) LimitClassSet.release(state.classes, word.askTicks(), word.bidTicks());
        if (queued.sharing && !shared) state.seatsInForce |= 1 << queued.seat;
        if (!queued.sharing && shared) _leave(state, meter, word);

        emit ISharing.SettingsApplied(
            meter,
            queued.effectiveDay,
            queued.sharing,
            queued.community,
            queued.askTicks,
            queued.bidTicks
        );
        word = word.withSettingsQueued(false).closedThrough(queued.effectiveDay - 1);
        return
            queued.sharing
                ? word.withSharing(queued.community, queued.seat, queued.askTicks, queued.bidTicks)
                : word.withoutSharing();
    }

    /// @notice Ends sharing at once and gives back all that was reserved, for a meter that is closed.
    function end(NeighbourhoodState storage state, uint32 meter, MeterWord word) internal returns (MeterWord) {
        QueuedSettings memory queued = state.queuedSettings[meter];
        bool shared = word.isSharing();
        if (queued.sharing && !queued.community) {
            LimitClassSet.release(state.classes, queued.askTicks, queued.bidTicks);
        }
        if (queued.sharing && !shared) Seats.free(state, queued.seat, Seats.mayUseP256(state, meter));
        if (queued.effectiveDay != 0) delete state.queuedSettings[meter];
        if (shared && !word.isCommunity()) LimitClassSet.release(state.classes, word.askTicks(), word.bidTicks());
        if (shared) _leave(state, meter, word);
        return word.withSettingsQueued(false).withoutSharing();
    }

    /// @notice Whether the meter has a seat, in force or reserved.
    function hasSeat(NeighbourhoodState storage state, uint32 meter, MeterWord word) internal view returns (bool) {
        return word.isSharing() || state.queuedSettings[meter].sharing;
    }

    /// @notice Refuses to touch a queued change whose day has begun.
    /// @param effectiveDay 0: there is none.
    function requireNotBegun(uint32 meter, uint32 effectiveDay) internal view {
        uint256 today = Calendar.today();
        require(
            effectiveDay == 0 || effectiveDay > today,
            ISharing.ChangeHasBegun(meter, effectiveDay, SafeCast.toUint32(today))
        );
    }

    function _leave(NeighbourhoodState storage state, uint32 meter, MeterWord word) private {
        uint8 seat = word.seat();
        state.seatsInForce &= ~(1 << seat);
        Seats.free(state, seat, Seats.mayUseP256(state, meter));
    }

    /// @dev A meter that shares keeps its seat; another one has the seat its queued settings reserved, or takes one.
    function _seatFor(
        NeighbourhoodState storage state,
        uint32 meter,
        MeterWord word,
        QueuedSettings memory queued,
        bool willShare
    ) private returns (uint8 seat) {
        if (word.isSharing()) return willShare ? word.seat() : 0;
        if (willShare && queued.sharing) return queued.seat;
        if (willShare) {
            seat = Seats.take(state, Seats.mayUseP256(state, meter));
            emit ISharing.SeatTaken(meter, seat);
        } else if (queued.sharing) Seats.free(state, queued.seat, Seats.mayUseP256(state, meter));
    }
}
