// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISharing} from "../interfaces/ISharing.sol";
import {MarketState, Settings, Tariff} from "../types/Settlement.sol";
import {MeterFacts, NeighbourhoodState} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {DeviceQueue} from "./DeviceQueue.sol";
import {Host} from "./Host.sol";
import {MeterBook} from "./MeterBook.sol";
import {MeterWord} from "./MeterWords.sol";
import {SettingsQueue} from "./SettingsQueue.sol";
import {Tariffs} from "./Tariffs.sol";
import {WindowRules} from "./WindowRules.sol";

/// @title Sharing
/// @notice How meters take part in the day settlement: see {ISharing}. Linked: a neighbourhood runs these functions on its
/// own state and its caller's input.
library Sharing {
    /// @param owner Who wants it, by call or signature.
    function setSettings(uint32 meter, Settings calldata settings, address owner) external {
        NeighbourhoodState storage state = Host.state();
        MeterBook.requireOwner(meter, owner);
        bool limited = settings.askTicks != 0 || settings.bidTicks != 0;
        bool contradicts = settings.sharing ? settings.community && limited : settings.community || limited;
        require(
            !contradicts,
            ISharing.InvalidSettings(settings.sharing, settings.community, settings.askTicks, settings.bidTicks)
        );
        (address device, MeterWord word) = _activeDeviceOf(state, meter);
        require(!settings.sharing || !state.facts[meter].barred, ISharing.MayNotShare(meter));

        state.words[device] = SettingsQueue.enqueue(state, meter, word, settings);
    }

    function endSharing(uint32 meter) external {
        NeighbourhoodState storage state = Host.state();
        (address device, MeterWord word) = MeterBook.deviceOf(state, meter);
        require(
            SettingsQueue.hasSeat(state, meter, word),
            ISettlement.NotSharing(meter, SafeCast.toUint32(Calendar.today()))
        );

        state.facts[meter].barred = true;

        emit ISharing.SharingEnded(meter);

        state.words[device] = SettingsQueue.enqueue(state, meter, word, Settings(false, false, 0, 0));
    }

    function allowSharing(uint32 meter) external {
        MeterFacts storage facts = Host.state().facts[meter];
        require(facts.barred, ISharing.MayShare(meter));

        facts.barred = false;

        emit ISharing.SharingAllowed(meter);
    }

    function applyChanges(uint32[] calldata meters) external {
        NeighbourhoodState storage state = Host.state();
        uint256 closingWindowSeconds = Host.closingWindowSeconds();
        MarketState memory market = state.market;
        for (uint256 i = 0; i < meters.length; ++i) {
            uint32 meter = meters[i];
            address device = state.facts[meter].device;
            MeterWord word = state.words[device];
            WindowRules.requireMovable(market, closingWindowSeconds, meter, word);
            if (
                word.hasSettingsQueued() &&
                _isDue(market, closingWindowSeconds, word, state.queuedSettings[meter].effectiveDay)
            ) {
                word = SettingsQueue.putInForce(state, meter, word);
                state.words[device] = word;
            }
            if (
                word.hasDeviceQueued() &&
                _isDue(market, closingWindowSeconds, word, state.queuedDevices[meter].effectiveDay)
            ) DeviceQueue.putInForce(state, meter, word);
        }
    }

    function setTariff(uint32 effectiveDay, Tariff calldata tariff) external {
        Tariffs.enqueue(Host.state(), Host.closingWindowSeconds(), effectiveDay, tariff);
    }

    function _activeDeviceOf(
        NeighbourhoodState storage state,
        uint32 meter
    ) private view returns (address device, MeterWord word) {
        MeterBook.openFacts(state, meter);
        (device, word) = MeterBook.deviceOf(state, meter);
        require(word.isActive(), INeighbourhood.DeviceTombstoned(device, meter));
    }

    /// @dev While a window is open nothing is due, not even of meters that do not share yet: seats would change. The street
    /// may close a day before a meter that records its own has recorded it: such a meter has a week.
    function _isDue(
        MarketState memory market,
        uint256 closingWindowSeconds,
        MeterWord word,
        uint32 effectiveDay
    ) private view returns (bool) {
        if (effectiveDay > Calendar.today() || WindowRules.isOpen(market, closingWindowSeconds)) return false;
        uint256 lastDay = effectiveDay - 1;
        if (word.lastDay() >= lastDay) return true;
        return
            word.isSharing()
                ? WindowRules.isClosed(market, closingWindowSeconds, lastDay)
                : block.timestamp >= Calendar.endOf(lastDay + WindowRules.ANNOUNCEABLE_DAYS);
    }
}
