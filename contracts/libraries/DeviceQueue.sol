// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {ISharing} from "../interfaces/ISharing.sol";
import {DeviceRegistration} from "../types/Meters.sol";
import {MeterFacts, NeighbourhoodState, QueuedDevice} from "../types/State.sol";
import {Calendar} from "./Calendar.sol";
import {Host} from "./Host.sol";
import {MeterWord, MeterWords} from "./MeterWords.sol";
import {Seats} from "./Seats.sol";

/// @title DeviceQueue
/// @notice Devices of sharing meters that wait for their day. The registry holds them for this neighbourhood meanwhile.
library DeviceQueue {
    /// @notice Queues a device from tomorrow on.
    /// @dev The caller has dropped a device that was queued before.
    /// @return The word of the current device, marked.
    function enqueue(
        NeighbourhoodState storage state,
        address oldDevice,
        MeterWord word,
        DeviceRegistration calldata registration
    ) internal returns (MeterWord) {
        uint32 meter = registration.meter;
        address device = registration.device;
        uint32 effectiveDay = SafeCast.toUint32(Calendar.today() + 1);
        bool couldUseP256 = Seats.mayUseP256(state, meter);

        state.queuedDevices[meter] = QueuedDevice(device, effectiveDay, registration.keyType, registration.custody);
        Seats.recount(state, couldUseP256, Seats.mayUseP256(state, meter));

        emit ISharing.DeviceQueued(meter, effectiveDay, oldDevice, device);

        // Days that were recorded elsewhere before the release are closed with all days before the effective one.
        Host.deviceRegistry().claim(registration);
        return word.withDeviceQueued(true);
    }

    /// @notice Puts the queued device in force: it takes the word over. If the meter shares, every delivered day is closed to
    /// it: when a late change meets a day that is about to be announced with the old device's profile, it can be skipped.
    /// @dev The caller has checked that it is due. Stores the words.
    function putInForce(NeighbourhoodState storage state, uint32 meter, MeterWord word) internal {
        QueuedDevice memory queued = state.queuedDevices[meter];
        MeterFacts storage facts = state.facts[meter];
        address oldDevice = facts.device;
        bool seated = word.isSharing() || state.queuedSettings[meter].sharing;
        bool couldUseP256 = Seats.mayUseP256(state, meter);
        bool wasActive = word.isActive();

        delete state.queuedDevices[meter];
        state.words[oldDevice] = MeterWords.tombstone(meter);
        state.words[queued.device] = word.withDeviceQueued(false).activated().closedThrough(
            word.isSharing() ? Calendar.today() - 1 : queued.effectiveDay - 1
        );
        facts.device = queued.device;
        facts.custody = queued.custody;
        facts.keyType = queued.keyType;
        if (seated) Seats.recount(state, couldUseP256, Seats.mayUseP256(state, meter));

        emit INeighbourhood.DeviceRotated(meter, oldDevice, queued.device);
        emit INeighbourhood.DeviceRegistered(
            meter,
            queued.device,
            queued.keyType,
            queued.custody,
            word.importRegister(),
            word.exportRegister()
        );

        // A revoked device was released when it was revoked.
        if (wasActive) Host.deviceRegistry().release(oldDevice);
    }

    /// @notice Gives a queued device back, if there is one.
    /// @param seated Whether the meter has a seat, in force or reserved.
    /// @return The word, without the mark.
    function drop(
        NeighbourhoodState storage state,
        uint32 meter,
        MeterWord word,
        bool seated
    ) internal returns (MeterWord) {
        if (!word.hasDeviceQueued()) return word;
        address device = state.queuedDevices[meter].device;
        bool couldUseP256 = Seats.mayUseP256(state, meter);

        delete state.queuedDevices[meter];
        if (seated) Seats.recount(state, couldUseP256, Seats.mayUseP256(state, meter));

        emit ISharing.DeviceUnqueued(meter, device);

        Host.deviceRegistry().release(device);
        return word.withDeviceQueued(false);
    }
}
