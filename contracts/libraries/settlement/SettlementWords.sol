// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INeighbourhood} from "../../interfaces/INeighbourhood.sol";
import {ISettlement} from "../../interfaces/ISettlement.sol";
import {SkipReason} from "../../types/Settlement.sol";
import {NeighbourhoodState} from "../../types/State.sol";
import {MeterWord} from "../MeterWords.sol";
import {SettingsQueue} from "../SettingsQueue.sol";

/// @title SettlementWords
/// @notice The word of a meter under settlement: the plain case by one comparison, every other case by its name.
library SettlementWords {
    /// @notice The word of a device and the slot it lies in.
    function load(
        NeighbourhoodState storage state,
        address device
    ) internal view returns (uint256 slot, MeterWord word) {
        mapping(address device => MeterWord) storage words = state.words;
        // A mapping's value, its slot found once for reading and writing.
        assembly ("memory-safe") {
            mstore(0, device)
            mstore(0x20, words.slot)
            slot := keccak256(0, 0x40)
            word := sload(slot)
        }
    }

    function store(uint256 slot, MeterWord word) internal {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }

    /// @notice A word that is not plain, made so: settings that are due are applied. Reverts if it cannot be settled.
    function reconsider(
        NeighbourhoodState storage state,
        address device,
        MeterWord word,
        uint32 day,
        uint256 classKey
    ) internal returns (MeterWord) {
        uint32 meter = word.meter();
        require(meter != 0, INeighbourhood.UnknownDevice(device));
        if (!word.isActive()) {
            bool counts = state.facts[meter].device == device && state.facts[meter].revokedInWindowOf == day;
            require(counts, INeighbourhood.DeviceTombstoned(device, meter));
        }
        if (_isDue(state, word, meter, day)) {
            // Stored at once: a profile that turns out unfit leaves the word as it is then.
            word = SettingsQueue.putInForce(state, meter, word);
            state.words[device] = word;
        }
        require(word.isSharing(), ISettlement.NotSharing(meter, day));
        require(word.classKey() == classKey, ISettlement.WrongClass(meter));
        return word;
    }

    /// @notice The word after its day, with the settings that are in force from the next one on.
    function applyNext(NeighbourhoodState storage state, MeterWord word, uint32 day) internal returns (MeterWord) {
        uint32 meter = word.meter();
        return _isDue(state, word, meter, day + 1) ? SettingsQueue.putInForce(state, meter, word) : word;
    }

    /// @notice Why an announced meter is left out, or reverts.
    function reasonToSkip(
        NeighbourhoodState storage state,
        address device,
        MeterWord word,
        uint32 day
    ) internal returns (SkipReason) {
        uint32 meter = word.meter();
        if (word.lastDay() >= day) return SkipReason.DayConsumed;
        if (!word.isActive() && state.facts[meter].revokedInWindowOf != day) return SkipReason.DeviceRevoked;
        if (_isDue(state, word, meter, day) && !state.queuedSettings[meter].sharing) {
            state.words[device] = SettingsQueue.putInForce(state, meter, word);
            return SkipReason.NotSharing;
        }
        revert ISettlement.NoReasonToSkip(meter, day);
    }

    /// @notice Refuses a meter that is not missing: it was seen before, or never announced.
    function refuseSeat(NeighbourhoodState storage state, uint256 bit, uint32 meter, uint32 day) internal view {
        uint256 forced = state.market.forcedCount == 0 ? 0 : state.forced;
        if ((state.announced | forced) & bit == 0) revert ISettlement.NotAnnounced(meter, day);
        revert ISettlement.DuplicateMeter(meter, day);
    }

    function _isDue(
        NeighbourhoodState storage state,
        MeterWord word,
        uint32 meter,
        uint32 day
    ) private view returns (bool) {
        return word.hasSettingsQueued() && state.queuedSettings[meter].effectiveDay <= day;
    }
}
