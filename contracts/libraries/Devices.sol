// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {DeviceRegistration} from "../types/Meters.sol";
import {MeterFacts, NeighbourhoodState} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {DeviceQueue} from "./DeviceQueue.sol";
import {Host} from "./Host.sol";
import {MeterBook} from "./MeterBook.sol";
import {MeterWord, MeterWords} from "./MeterWords.sol";
import {Profiles} from "./Profiles.sol";
import {Seats} from "./Seats.sol";
import {SettingsQueue} from "./SettingsQueue.sol";
import {WindowRules} from "./WindowRules.sol";

/// @title Devices
/// @notice The devices of meters: see {INeighbourhood}. Linked: a neighbourhood runs these functions on its own state and
/// its caller's input.
library Devices {
    function registerDevice(DeviceRegistration calldata registration) external {
        NeighbourhoodState storage state = Host.state();
        uint32 meter = registration.meter;
        (, uint8 unitExponent) = MeterBook.issuerOf(meter);
        MeterFacts storage facts = MeterBook.openFacts(state, meter);
        require(facts.device == address(0), INeighbourhood.MeterHasDevice(meter, facts.device));
        Profiles.checkRegister(registration.importRegister);
        Profiles.checkRegister(registration.exportRegister);

        _install(
            state,
            registration,
            MeterWords.open(
                meter,
                facts.capUnits,
                unitExponent,
                // The current day may be the first one recorded.
                SafeCast.toUint16(Calendar.today() - 1),
                registration.importRegister,
                registration.exportRegister
            )
        );
    }

    function rotateDevice(DeviceRegistration calldata registration) external {
        NeighbourhoodState storage state = Host.state();
        uint32 meter = registration.meter;
        (address oldDevice, MeterWord word) = MeterBook.deviceOf(state, meter);
        MeterBook.openFacts(state, meter);
        require(
            registration.importRegister == word.importRegister() &&
                registration.exportRegister == word.exportRegister(),
            INeighbourhood.StaleOpeningRegisters(
                registration.importRegister,
                registration.exportRegister,
                word.importRegister(),
                word.exportRegister()
            )
        );
        bool queues = word.isSharing() && word.isActive();
        if (!queues) WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);
        bool seated = SettingsQueue.hasSeat(state, meter, word);
        if (word.hasDeviceQueued()) {
            SettingsQueue.requireNotBegun(meter, state.queuedDevices[meter].effectiveDay);
            word = DeviceQueue.drop(state, meter, word, seated);
        }

        if (queues) {
            _requireFresh(state, registration.device);
            state.words[oldDevice] = DeviceQueue.enqueue(state, oldDevice, word, registration);
        } else {
            _replace(state, oldDevice, word, registration, seated);
        }
    }

    function revokeDevice(uint32 meter) external {
        _revoke(meter);
    }

    /// @param owner Who wants it, by call or signature.
    function revokeMyDevice(uint32 meter, address owner) external {
        MeterBook.requireOwner(meter, owner);

        _revoke(meter);
    }

    function closeMeter(uint32 meter) external {
        NeighbourhoodState storage state = Host.state();
        address owner = MeterBook.ownerOf(meter);
        MeterFacts storage facts = MeterBook.openFacts(state, meter);
        address device = facts.device;
        MeterWord word = state.words[device];
        WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);

        facts.closed = true;
        --state.members[owner].meters;

        emit INeighbourhood.MeterClosed(meter);

        if (device == address(0)) return;
        bool wasActive = word.isActive();
        word = DeviceQueue.drop(state, meter, word, SettingsQueue.hasSeat(state, meter, word));
        state.words[device] = SettingsQueue.end(state, meter, word).revoked();
        if (wasActive) {
            emit INeighbourhood.DeviceRevoked(meter, device);
            Host.deviceRegistry().release(device);
        }
    }

    function rebaseRegisters(
        uint32 meter,
        uint64 importRegister,
        uint64 exportRegister,
        string calldata reason
    ) external {
        NeighbourhoodState storage state = Host.state();
        (address device, MeterWord word) = MeterBook.deviceOf(state, meter);
        Profiles.checkRegister(importRegister);
        Profiles.checkRegister(exportRegister);
        WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);

        // A delivered day that is not consumed yet counts from the old counter: it can no longer be told from the new one.
        state.words[device] = word.rebase(importRegister, exportRegister).closedThrough(Calendar.today() - 1);

        emit INeighbourhood.RegistersRebased(
            meter,
            word.importRegister(),
            word.exportRegister(),
            importRegister,
            exportRegister,
            reason
        );
    }

    function setCap(uint32 meter, uint32 capWh) external {
        NeighbourhoodState storage state = Host.state();
        (, uint8 unitExponent) = MeterBook.issuerOf(meter);
        MeterFacts storage facts = state.facts[meter];
        uint16 capUnits = MeterBook.toCapUnits(capWh, unitExponent);
        address device = facts.device;
        MeterWord word = state.words[device];
        WindowRules.requireMovable(state.market, Host.closingWindowSeconds(), meter, word);

        facts.capUnits = capUnits;
        if (device != address(0)) state.words[device] = word.withCap(capUnits);

        emit INeighbourhood.CapChanged(meter, capWh);
    }

    function _revoke(uint32 meter) private {
        NeighbourhoodState storage state = Host.state();
        (address device, MeterWord word) = MeterBook.deviceOf(state, meter);
        require(word.isActive(), INeighbourhood.DeviceTombstoned(device, meter));

        state.words[device] = word.revoked();
        // What was announced is settled whatever happens to the key meanwhile.
        if (word.isSharing() && WindowRules.isOpen(state.market, Host.closingWindowSeconds())) {
            state.facts[meter].revokedInWindowOf = state.market.day;
        }

        emit INeighbourhood.DeviceRevoked(meter, device);

        Host.deviceRegistry().release(device);
    }

    /// @dev At once. The new device takes the word over, the old one is tombstoned.
    function _replace(
        NeighbourhoodState storage state,
        address oldDevice,
        MeterWord word,
        DeviceRegistration calldata registration,
        bool seated
    ) private {
        uint32 meter = registration.meter;
        bool couldUseP256 = Seats.mayUseP256(state, meter);
        state.words[oldDevice] = MeterWords.tombstone(meter);

        emit INeighbourhood.DeviceRotated(meter, oldDevice, registration.device);

        if (word.isActive()) Host.deviceRegistry().release(oldDevice);
        // The new device signs no day of which an announcement may have counted on the old one.
        if (word.isSharing()) word = word.closedThrough(Calendar.today() - 1);
        _install(state, registration, word.activated());
        if (seated) Seats.recount(state, couldUseP256, Seats.mayUseP256(state, meter));
    }

    /// @dev Devices active or queued here are exactly those the registry holds for this contract.
    function _install(
        NeighbourhoodState storage state,
        DeviceRegistration calldata registration,
        MeterWord word
    ) private {
        address device = registration.device;
        uint32 meter = registration.meter;
        _requireFresh(state, device);

        // The registry calls nobody. What it knows must be in the word: a day may have been recorded elsewhere up to the one
        // before the release.
        uint256 releasedDay = Host.deviceRegistry().claim(registration);
        state.words[device] = releasedDay == 0 ? word : word.closedThrough(releasedDay - 1);
        MeterFacts storage facts = state.facts[meter];
        facts.device = device;
        facts.custody = registration.custody;
        facts.keyType = registration.keyType;

        emit INeighbourhood.DeviceRegistered(
            meter,
            device,
            registration.keyType,
            registration.custody,
            registration.importRegister,
            registration.exportRegister
        );
    }

    function _requireFresh(NeighbourhoodState storage state, address device) private view {
        MeterWord word = state.words[device];
        require(!word.isTombstoned(), INeighbourhood.DeviceTombstoned(device, word.meter()));
    }
}
