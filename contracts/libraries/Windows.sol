// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {SignedProfile} from "../types/Profiles.sol";
import {MarketState} from "../types/Settlement.sol";
import {NeighbourhoodState, QueuedSettings} from "../types/State.sol";
import {Host} from "./Host.sol";
import {MeterBook} from "./MeterBook.sol";
import {MeterWord} from "./MeterWords.sol";
import {Profiles} from "./Profiles.sol";
import {SettingsQueue} from "./SettingsQueue.sol";
import {WindowRules} from "./WindowRules.sol";

/// @title Windows
/// @notice What happens around a settlement: see {ISettlement}. Linked: a neighbourhood runs these functions on its own
/// state and its caller's input.
library Windows {
    function announce(uint32 day, uint256 bitmap) external {
        NeighbourhoodState storage state = Host.state();
        uint256 closingWindowSeconds = Host.closingWindowSeconds();
        MarketState memory market = state.market;
        require(!market.paused, ISettlement.IsPaused());
        (uint32 expected, uint256 opensAt) = WindowRules.next(market, closingWindowSeconds);
        require(day == expected, ISettlement.NotNextDay(day, expected));
        require(block.timestamp >= opensAt, ISettlement.WindowNotYet(opensAt, block.timestamp));
        bitmap &= state.seatsInForce;

        if (market.settledAt == 0 && market.openedAt != 0) emit ISettlement.DayVoid(market.day);

        if (market.forcedCount != 0) {
            state.forced = 0;
            state.forcedHash = 0;
        }
        market.day = day;
        market.openedAt = uint40(block.timestamp);
        market.settledAt = 0;
        market.forcedCount = 0;
        state.market = market;
        state.announced = bitmap;

        emit ISettlement.DayAnnounced(day, bitmap, WindowRules.closesAt(market, closingWindowSeconds));
    }

    function force(SignedProfile calldata profile) external {
        NeighbourhoodState storage state = Host.state();
        uint32 day = profile.day;
        MarketState memory market = state.market;
        require(day == market.day && market.openedAt != 0, ISettlement.NoWindow(day));
        uint256 endsAt = market.openedAt + WindowRules.FORCING_SECONDS;
        require(block.timestamp < endsAt, ISettlement.ForcingHourOver(day, endsAt));
        bytes32 digest = _digestOf(profile);
        (address device, MeterWord word) = Profiles.identify(state, digest, profile.signature);
        uint32 meter = word.meter();
        _requireSharing(state, meter, word, day);
        uint256 seat = 1 << word.seat();
        require((state.announced | state.forced) & seat == 0, ISettlement.AlreadyIncluded(meter, day));
        _check(profile, word);

        state.forced |= seat;
        state.forcedHash = keccak256(abi.encode(state.forcedHash, digest, device));
        state.market.forcedCount = market.forcedCount + 1;

        emit ISettlement.ProfileForced(
            meter,
            day,
            device,
            profile.importRegister,
            profile.exportRegister,
            profile.quality,
            profile.intervals,
            profile.signature
        );
    }

    function late(SignedProfile calldata profile) external {
        NeighbourhoodState storage state = Host.state();
        uint256 closingWindowSeconds = Host.closingWindowSeconds();
        uint32 day = profile.day;
        (address device, MeterWord word) = Profiles.identify(state, _digestOf(profile), profile.signature);
        uint32 meter = word.meter();
        _requireSharing(state, meter, word, day);
        MarketState memory market = state.market;
        WindowRules.requireMovable(market, closingWindowSeconds, meter, word);
        require(WindowRules.isClosed(market, closingWindowSeconds, day), ISettlement.DayStillOpen(day));
        (uint256 unattributedImport, uint256 unattributedExport) = _check(profile, word);

        MeterWord advanced = word.advance(day, profile.importRegister, profile.exportRegister);
        state.words[device] = advanced;

        _emitLate(profile, device, word, unattributedImport, unattributedExport);

        if (advanced.hasSettingsQueued() && state.queuedSettings[meter].effectiveDay <= uint256(day) + 1) {
            state.words[device] = SettingsQueue.putInForce(state, meter, advanced);
        }
    }

    function pause() external {
        MarketState storage market = Host.state().market;
        require(!market.paused, ISettlement.IsPaused());

        market.paused = true;

        emit ISettlement.Paused(msg.sender);
    }

    function unpause() external {
        MarketState storage market = Host.state().market;
        require(market.paused, ISettlement.NotPaused());

        market.paused = false;

        emit ISettlement.Unpaused(msg.sender);
    }

    /// @dev What the device signed.
    function _digestOf(SignedProfile calldata profile) private view returns (bytes32) {
        bytes32 content = Profiles.contentOf(
            profile.day,
            profile.importRegister,
            profile.exportRegister,
            profile.quality,
            profile.intervals
        );
        return Host.digestOf(address(this), content);
    }

    /// @return unattributedImport What of the register's increase no interval accounts for, meter units.
    /// @return unattributedExport As above.
    function _check(
        SignedProfile calldata profile,
        MeterWord word
    ) private view returns (uint256 unattributedImport, uint256 unattributedExport) {
        (uint256 importUnits, uint256 exportUnits, uint256 importIncrease, uint256 exportIncrease) = Profiles.check(
            word,
            profile.day,
            profile.importRegister,
            profile.exportRegister,
            profile.quality,
            profile.intervals
        );
        return (importIncrease - importUnits, exportIncrease - exportUnits);
    }

    /// @param word Before that day.
    function _emitLate(
        SignedProfile calldata profile,
        address device,
        MeterWord word,
        uint256 unattributedImport,
        uint256 unattributedExport
    ) private {
        uint256 unitWh = MeterBook.unitWhOf(word.unitExponent());
        emit ISettlement.LateRecorded(
            word.meter(),
            profile.day,
            device,
            profile.importRegister,
            profile.exportRegister,
            profile.quality,
            unattributedImport * unitWh,
            unattributedExport * unitWh,
            profile.intervals,
            profile.signature
        );
    }

    /// @dev Queued settings count from their day on, applied or not.
    function _requireSharing(NeighbourhoodState storage state, uint32 meter, MeterWord word, uint32 day) private view {
        bool shares = word.isSharing();
        if (shares && word.hasSettingsQueued()) {
            QueuedSettings memory queued = state.queuedSettings[meter];
            shares = queued.sharing || queued.effectiveDay > day;
        }
        require(shares, ISettlement.NotSharing(meter, day));
    }
}
