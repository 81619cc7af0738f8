// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INeighbourhood} from "../../interfaces/INeighbourhood.sol";
import {ISharing} from "../../interfaces/ISharing.sol";
import {DeviceRegistration, DeviceState} from "../../types/Meters.sol";
import {SignedProfile} from "../../types/Profiles.sol";
import {Settings, Tariff} from "../../types/Settlement.sol";
import {AccountActions} from "./AccountActions.sol";

/// @notice What can happen to the meters of the street and how they share. No action reverts.
abstract contract SharingActions is AccountActions {
    /// @dev So many meters may be closed that some are left.
    uint256 private constant MOST_CLOSED = 2;
    uint256 private constant FIRST_BASE_UNITS = 4e11;

    struct SharingCounters {
        uint256 settings;
        uint256 begun;
        uint256 ended;
        uint256 applied;
        uint256 tariffs;
        uint256 revocations;
        uint256 rotations;
        uint256 queuedDevices;
        uint256 rotationsApplied;
        uint256 rebases;
        uint256 caps;
        uint256 closed;
    }

    SharingCounters internal _sharingCounters;
    uint256[METERS + 1] internal _queuedKeys;
    address[METERS + 1] private _queuedDevices;
    /// @dev The governor ended its sharing and has not allowed it again.
    mapping(uint32 meter => bool) private _barred;
    /// @dev The day that was announced when the device was revoked.
    mapping(uint32 meter => uint32) internal _revokedInWindowOf;

    /// @dev Most of the street shares from the start, for what the queues take is days.
    constructor() {
        for (uint256 i = 0; i < ACTORS; ++i) _deposit(_actors[i], _actors[i], FIRST_BASE_UNITS);
        for (uint32 meter = 2; meter <= METERS; ++meter) {
            vm.prank(ownerOf(meter));
            neighbourhood.setSettings(meter, _settings(uint256(keccak256(abi.encode("first", meter))) | 1));
            _fund(meter, FIRST_BASE_UNITS / 4, false);
        }
        clock += 9 days;
        vm.warp(clock);
        neighbourhood.applyChanges(_all());
        _afterAction();
    }

    function sharingCounters() external view returns (SharingCounters memory) {
        return _sharingCounters;
    }

    // ---------------------------------------------------------------- settings

    function setSettings(uint256 seed) external action {
        uint32 meter = _meter(seed);
        if (!_accounts[meter].active) return;
        address owner = ownerOf(meter);
        Settings memory settings = _settings(seed >> 8);
        bytes memory call = abi.encodeCall(ISharing.setSettings, (meter, settings));
        if (_barred[meter] && settings.sharing) {
            _refuseCall(owner, call, ISharing.MayNotShare.selector);
            if ((seed >> 136) % 2 == 0) return;
            neighbourhood.allowSharing(meter);
            _barred[meter] = false;
        }
        if (_settingsHaveBegun(meter)) {
            _refuseCall(owner, call, ISharing.ChangeHasBegun.selector);
            ++_sharingCounters.begun;
            return;
        }
        if ((seed >> 128) % 2 == 0) {
            bytes memory fields = abi.encode(
                keccak256(
                    "SetSettings(uint32 meter,bool sharing,bool community,uint16 askTicks,uint16 bidTicks,uint256 nonce,uint256 deadline)"
                ),
                meter,
                settings
            );
            bytes memory signature = _signAction(_keyOfOwner(meter), owner, fields, clock);
            neighbourhood.setSettingsBySig(meter, settings, clock, signature);
        } else {
            vm.prank(owner);
            neighbourhood.setSettings(meter, settings);
        }
        (uint32 effectiveDay, Settings memory queued) = neighbourhood.queuedSettings(meter);
        require(effectiveDay == clock / 1 days + 1, "settings are queued for tomorrow");
        require(keccak256(abi.encode(queued)) == keccak256(abi.encode(settings)), "queued settings");
        ++_sharingCounters.settings;
    }

    function endSharing(uint256 seed) external action {
        uint32 meter = _meter(seed);
        (, Settings memory queued) = neighbourhood.queuedSettings(meter);
        bool seated = _state(meter).sharing || queued.sharing;
        // Seldom, so that most meters go on.
        if (!_accounts[meter].active || !seated || _settingsHaveBegun(meter) || (seed >> 8) % 3 != 0) return;
        neighbourhood.endSharing(meter);
        _barred[meter] = true;
        ++_sharingCounters.ended;
    }

    /// @dev All meters, or one. While a window is open it is refused if one shares, and changes nothing if none does.
    function applyChanges(uint256 seed) external action {
        uint32[] memory meters = _all();
        if (seed % 3 == 0) {
            meters = new uint32[](1);
            meters[0] = _meter(seed >> 8);
        }
        bool stands = false;
        for (uint256 i = 0; i < meters.length; ++i) stands = stands || _standsStill(meters[i]);
        if (stands) return _refuseMoving(address(this), abi.encodeCall(ISharing.applyChanges, (meters)));
        bytes32 before = _fingerprint();
        neighbourhood.applyChanges(meters);
        if (before == _fingerprint()) return;
        require(!_windowIsOpen(), "a change was applied in a window");
        ++_sharingCounters.applied;
    }

    function setTariff(uint256 seed) external action {
        uint32 today = uint32(clock / 1 days);
        uint32 tariffDay = neighbourhood.market().tariffDay;
        Tariff memory tariff = Tariff(uint16((seed % 8) * 450), uint16((seed >> 8) % 4 == 0 ? 0 : (seed >> 16) % 400));
        // The highest prices there are.
        if ((seed >> 24) % 16 == 0) tariff = Tariff(65_000, 535);
        uint32 effectiveDay = today + 2 + uint32((seed >> 32) % 2);
        if (tariffDay != 0 && tariffDay <= today && !neighbourhood.isClosed(tariffDay - 1)) {
            bytes memory call = abi.encodeCall(ISharing.setTariff, (effectiveDay, tariff));
            return _refuseCall(address(this), call, ISharing.TariffPending.selector);
        }
        bytes32 inForce = keccak256(abi.encode(neighbourhood.tariffOf(today)));
        neighbourhood.setTariff(effectiveDay, tariff);
        require(keccak256(abi.encode(neighbourhood.tariffOf(today))) == inForce, "the tariff of a begun day changed");
        ++_sharingCounters.tariffs;
    }

    // ---------------------------------------------------------------- devices and meters

    function revokeDevice(uint256 seed) external action {
        uint32 meter = _meter(seed);
        // Seldom, so that most meters go on.
        if (!_accounts[meter].active || (seed >> 8) % 3 != 0) return;
        if ((seed >> 16) % 2 == 0) vm.prank(ownerOf(meter));
        if ((seed >> 16) % 2 == 0) neighbourhood.revokeMyDevice(meter);
        else neighbourhood.revokeDevice(meter);
        _accounts[meter].active = false;
        if (_standsStill(meter)) _revokedInWindowOf[meter] = neighbourhood.market().day;
        ++_sharingCounters.revocations;
    }

    /// @dev At once, or from tomorrow on if the meter shares.
    function rotateDevice(uint256 seed) external action {
        uint32 meter = _meter(seed);
        MeterAccount storage account = _accounts[meter];
        // Seldom, since it closes days, unless the meter has no device.
        if (account.closed || (account.active && (seed >> 8) % 3 != 0)) return;
        DeviceRegistration memory registration = _registration(meter, account.importRegister, account.exportRegister);
        uint256 key = _keysUsed;
        bytes memory call = abi.encodeCall(INeighbourhood.rotateDevice, (registration));
        bool queues = account.active && _state(meter).sharing;
        if (!queues && _standsStill(meter)) return _refuseMoving(address(this), call);
        (uint32 effectiveDay, ) = neighbourhood.queuedDevice(meter);
        if (effectiveDay != 0 && effectiveDay <= clock / 1 days) {
            ++_sharingCounters.begun;
            return _refuseCall(address(this), call, ISharing.ChangeHasBegun.selector);
        }
        neighbourhood.rotateDevice(registration);
        (_queuedKeys[meter], _queuedDevices[meter]) = queues ? (key, registration.device) : (0, address(0));
        if (queues) {
            ++_sharingCounters.queuedDevices;
            return;
        }
        SignedProfile memory profile = _profileOf(meter, uint32(clock / 1 days) - 1, seed);
        (_deviceKeys[meter], _devices[meter]) = (key, registration.device);
        account.active = true;
        ++_sharingCounters.rotations;
        _refuse(profile, "a rotated out device recorded");
    }

    function rebaseRegisters(uint256 seed) external action {
        uint32 meter = _meter(seed);
        (uint64 imported, uint64 exported) = (uint64((seed >> 16) % 2 ** 40), uint64((seed >> 64) % 2 ** 40));
        bytes memory call = abi.encodeCall(INeighbourhood.rebaseRegisters, (meter, imported, exported, "new counter"));
        if (_standsStill(meter)) return _refuseMoving(address(this), call);
        // Seldom, since it closes days.
        if ((seed >> 8) % 8 != 0) return;
        neighbourhood.rebaseRegisters(meter, imported, exported, "new counter");
        (_accounts[meter].importRegister, _accounts[meter].exportRegister) = (imported, exported);
        require(_state(meter).lastDay >= clock / 1 days - 1, "a rebase leaves delivered days open");
        ++_sharingCounters.rebases;
    }

    function setCap(uint256 seed) external action {
        uint32 meter = _meter(seed);
        uint256 capUnits = (seed >> 8) % 2 == 0 ? 32_767 : 1 + ((seed >> 16) % 32_767);
        uint32 capWh = uint32(capUnits * unitWhOf(meter));
        if (_standsStill(meter)) {
            return _refuseMoving(address(this), abi.encodeCall(INeighbourhood.setCap, (meter, capWh)));
        }
        neighbourhood.setCap(meter, capWh);
        require(_state(meter).capUnits == capUnits, "cap");
        ++_sharingCounters.caps;
    }

    function closeMeter(uint256 seed) external action {
        uint32 meter = _meter(seed);
        MeterAccount storage account = _accounts[meter];
        if (account.closed || _sharingCounters.closed == MOST_CLOSED) return;
        if (_standsStill(meter)) {
            return _refuseMoving(address(this), abi.encodeCall(INeighbourhood.closeMeter, (meter)));
        }
        // Seldom, so that the street lives on for a while.
        if ((seed >> 8) % 16 != 0) return;
        neighbourhood.closeMeter(meter);
        (account.active, account.closed) = (false, true);
        (_queuedKeys[meter], _queuedDevices[meter]) = (0, address(0));
        DeviceState memory state = _state(meter);
        require(!state.sharing && !state.settingsQueued && !state.deviceQueued, "a closed meter has plans");
        ++_sharingCounters.closed;
    }

    // ---------------------------------------------------------------- inside

    /// @dev A queued device that is in force now, whatever put it there.
    function _afterAction() internal virtual override {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            (, address queued) = neighbourhood.queuedDevice(meter);
            require(queued == address(0) || queued == _queuedDevices[meter], "queued device");
            if (_queuedDevices[meter] == address(0) || queued != address(0)) continue;
            require(neighbourhood.meter(meter).device == _queuedDevices[meter], "a queued device got lost");
            (_deviceKeys[meter], _devices[meter]) = (_queuedKeys[meter], _queuedDevices[meter]);
            (_queuedKeys[meter], _queuedDevices[meter]) = (0, address(0));
            _accounts[meter].active = true;
            ++_sharingCounters.rotationsApplied;
        }
        super._afterAction();
    }

    function _settingsHaveBegun(uint32 meter) private view returns (bool) {
        (uint32 effectiveDay, ) = neighbourhood.queuedSettings(meter);
        return effectiveDay != 0 && effectiveDay <= clock / 1 days;
    }

    /// @dev Of what is in force in the street.
    function _fingerprint() private view returns (bytes32 hash) {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            hash = keccak256(abi.encode(hash, neighbourhood.meter(meter).device, _state(meter)));
        }
    }

    function _all() internal pure returns (uint32[] memory meters) {
        meters = new uint32[](METERS);
        for (uint32 meter = 1; meter <= METERS; ++meter) meters[meter - 1] = meter;
    }

    /// @dev Few limits, so that some meters have the same and many tie; now and then the least and the most there are.
    function _settings(uint256 seed) private pure returns (Settings memory) {
        if (seed % 8 == 0) return Settings(false, false, 0, 0);
        if (seed % 8 < 4) return Settings(true, true, 0, 0);
        uint16 ask = uint16(((seed >> 8) % 6) * 450);
        uint16 bid = uint16(((seed >> 16) % 8) * 450);
        if ((seed >> 24) % 16 == 0) ask = type(uint16).max;
        if ((seed >> 32) % 16 == 0) bid = type(uint16).max;
        return Settings(true, false, ask, bid);
    }
}
