// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {INeighbourhood} from "../../interfaces/INeighbourhood.sol";
import {ISettlement} from "../../interfaces/ISettlement.sol";
import {DeviceState} from "../../types/Meters.sol";
import {SignedProfile} from "../../types/Profiles.sol";
import {Claims, Settings, Tariff} from "../../types/Settlement.sol";
import {SharingActions} from "./SharingActions.sol";
import {Home, SolvedDay, StreetSolver} from "./StreetSolver.sol";

/// @notice What can happen to the days of the street, with a plain account of what should come of it. No action reverts.
abstract contract SettlementActions is SharingActions {
    /// @dev Without code, and called by nobody else: `settleDay` is a top-level call.
    address private constant SETTLER = address(0x5e771e);
    uint256 private constant FORCING_SECONDS = 1 hours;

    struct SettlementCounters {
        uint256 announced;
        uint256 voids;
        uint256 forced;
        uint256 refusedForced;
        uint256 settled;
        uint256 settledMeters;
        uint256 skipped;
        uint256 unfit;
        uint256 unfunded;
        uint256 traded;
        uint256 late;
        uint256 refusedLate;
    }

    SettlementCounters internal _settlementCounters;
    uint256 public clearedWh;
    /// @dev Settled or late: no energy may exist of these.
    MeterDay[] internal _sharedDays;
    uint32 internal _windowDay = FIRST_DAY - 1;
    uint256 internal _openedAt;
    uint256 internal _settledAt;
    /// @dev Seats announced or forced.
    uint256 private _included;
    uint32[] private _forcedMeters;
    mapping(uint32 meter => SignedProfile) private _forcedProfiles;

    function settlementCounters() external view returns (SettlementCounters memory) {
        return _settlementCounters;
    }

    // ---------------------------------------------------------------- actions

    function announce(uint256 seed) external action {
        _announce(seed);
    }

    /// @dev Announces a day first if none is.
    function force(uint256 seed) external action {
        if (!_windowIsOpen()) _announce((seed & ~uint256(0xff00)) | 0x0300);
        if (!_windowIsOpen()) return;
        for (uint32 i = 0; i < METERS; ++i) {
            uint32 meter = _meter((seed % METERS) + i);
            DeviceState memory state = _state(meter);
            if (!_shares(meter, _windowDay) || !state.active) continue;
            bool included = (_included >> state.seat) & 1 != 0;
            if (!included && state.lastDay >= _windowDay) continue;
            SignedProfile memory profile = _profileOf(meter, _windowDay, seed >> 8);
            bytes memory call = abi.encodeCall(ISettlement.force, (profile));
            if (included || clock >= _openedAt + FORCING_SECONDS) {
                ++_settlementCounters.refusedForced;
                _refuseCall(
                    address(this),
                    call,
                    clock >= _openedAt + FORCING_SECONDS
                        ? ISettlement.ForcingHourOver.selector
                        : ISettlement.AlreadyIncluded.selector
                );
                continue;
            }
            neighbourhood.force(profile);
            _refuseCall(address(this), call, ISettlement.AlreadyIncluded.selector);
            _included |= 1 << state.seat;
            _forcedMeters.push(meter);
            _forcedProfiles[meter] = profile;
            ++_settlementCounters.forced;
            return;
        }
    }

    /// @dev Announces a day first if none is.
    function settleDay(uint256 seed) external action {
        if (!_windowIsOpen()) _announce(seed | 0xff00);
        if (!_windowIsOpen()) return;
        if (clock < _openedAt + FORCING_SECONDS) {
            clock = _openedAt + FORCING_SECONDS + ((seed >> 16) % (CLOSING_WINDOW_SECONDS - FORCING_SECONDS));
            vm.warp(clock);
        }
        _settle(seed);
    }

    function late(uint256 seed) external action {
        for (uint32 i = 0; i < METERS; ++i) {
            uint32 meter = _meter((seed % METERS) + i);
            DeviceState memory state = _state(meter);
            uint32 day = state.lastDay + 1 + uint32((seed >> 8) % 2);
            if (state.active && state.sharing && (uint256(day) + 1) * 1 days <= clock) return _late(meter, day, seed);
        }
    }

    // ---------------------------------------------------------------- the window

    function _windowIsOpen() internal view override returns (bool) {
        return _openedAt != 0 && _settledAt == 0 && clock < _openedAt + CLOSING_WINDOW_SECONDS;
    }

    /// @dev A day is settled or void.
    function _isClosed(uint32 day) private view returns (bool) {
        if (day == _windowDay) return !_windowIsOpen();
        return day < _windowDay || clock >= (uint256(day) + 8) * 1 days;
    }

    function _announce(uint256 seed) private {
        (uint32 day, uint256 opensAt) = neighbourhood.nextWindow();
        bytes memory call = abi.encodeCall(ISettlement.announce, (day, type(uint256).max));
        if (_paused) return _refusePaused(address(this), call);
        if (clock < opensAt) {
            _refuseCall(address(this), call, ISettlement.WindowNotYet.selector);
            if ((seed >> 8) % 4 == 0) return;
            clock = opensAt + ((seed >> 24) % 3 hours);
            vm.warp(clock);
            (day, ) = neighbourhood.nextWindow();
        }
        // Days in order, and time for members between the windows.
        require(day > _windowDay, "a day was announced twice");
        require(clock >= (uint256(day) + 1) * 1 days, "a day was announced before its end");
        require(!_windowIsOpen(), "two windows at once");
        if (_openedAt != 0) {
            bool isVoid = _settledAt == 0;
            uint256 restEndsAt = isVoid ? _openedAt + CLOSING_WINDOW_SECONDS + 18 hours : _settledAt + 1 hours;
            require(clock >= restEndsAt, "windows follow too closely");
            if (isVoid) ++_settlementCounters.voids;
        }
        uint256 bitmap = (seed >> 16) % 3 == 0 ? uint256(keccak256(abi.encode(seed))) : type(uint256).max;
        neighbourhood.announce(day, bitmap);
        _refuseCall(address(this), call, ISettlement.NotNextDay.selector);

        (_windowDay, _openedAt, _settledAt) = (day, clock, 0);
        _included = bitmap & neighbourhood.seats();
        delete _forcedMeters;
        (uint256 announced, uint256 forced) = neighbourhood.announced();
        require(announced == _included && forced == 0, "announced");
        ++_settlementCounters.announced;
    }

    // ---------------------------------------------------------------- settling

    /// @dev A day goes from announced to settled whatever members did in between.
    function _settle(uint256 seed) private {
        (Home[] memory homes, bytes memory skipped) = _homesOf(seed);
        Tariff memory tariff = neighbourhood.tariffOf(_windowDay);
        SolvedDay memory solved = StreetSolver.solve(homes, tariff);
        if (_paused) {
            bytes memory call = abi.encodeCall(
                ISettlement.settleDay,
                (_windowDay, solved.claims, solved.batch, skipped)
            );
            vm.prank(SETTLER, SETTLER);
            (bool success, bytes memory reason) = address(neighbourhood).call(call);
            require(!success && bytes4(reason) == ISettlement.IsPaused.selector, "settled while paused");
            ++_accountCounters.refusedByPause;
            return;
        }
        vm.recordLogs();
        vm.prank(SETTLER, SETTLER);
        neighbourhood.settleDay(_windowDay, solved.claims, solved.batch, skipped);
        _settledAt = clock;

        int256 paid = 0;
        uint256 settled = 0;
        for (uint256 i = 0; i < homes.length; ++i) {
            Home memory home = homes[i];
            if (!home.fits) {
                ++_settlementCounters.unfit;
                continue;
            }
            ++settled;
            paid += solved.payments[i];
            _meterMoney[home.meter] = uint256(int256(_meterMoney[home.meter]) - solved.payments[i]);
            _noteShared(home.meter, home.profile);
            _refuse(home.profile, "a settled day was recorded");
            _refuseCall(SETTLER, abi.encodeCall(ISettlement.late, (home.profile)), _reasonAgainst(home.meter));
            if (home.unfunded) ++_settlementCounters.unfunded;
        }
        _checkTreasury(paid, settled, solved.clearedWh, tariff.networkChargeTicks);
        _checkEvent(paid, solved);
        ++_settlementCounters.settled;
        _settlementCounters.settledMeters += settled;
        _settlementCounters.skipped += skipped.length / 20;
        if (solved.clearedWh != 0) ++_settlementCounters.traded;
        clearedWh += solved.clearedWh;
    }

    /// @dev Forced profiles in their order, then a new profile of every other announced meter; those on whose words is
    /// written why they take no part are skipped.
    function _homesOf(uint256 seed) private view returns (Home[] memory homes, bytes memory skipped) {
        homes = new Home[](METERS);
        uint256 count = 0;
        uint256 missing = _included;
        for (uint256 i = 0; i < _forcedMeters.length; ++i) {
            uint32 meter = _forcedMeters[i];
            missing ^= 1 << _state(meter).seat;
            homes[count++] = _home(meter, _forcedProfiles[meter]);
        }
        // Meters of one unit behind each other, so that some share a class.
        for (uint32 i = 0; i < METERS; ++i) {
            uint32 meter = 1 + (i % 2) * 3 + i / 2;
            DeviceState memory state = _state(meter);
            if (!state.sharing || (missing >> state.seat) & 1 == 0) continue;
            missing ^= 1 << state.seat;
            bool isRevoked = !state.active && _revokedInWindowOf[meter] != _windowDay;
            if (state.lastDay >= _windowDay || isRevoked || !_shares(meter, _windowDay)) {
                skipped = abi.encodePacked(skipped, _devices[meter]);
                continue;
            }
            uint256 seedOfMeter = uint256(keccak256(abi.encode(seed, meter)));
            homes[count] = _home(meter, _profileOf(meter, _windowDay, seedOfMeter));
            if (seedOfMeter % 8 == 0) _spoil(homes[count], state.capUnits, seedOfMeter >> 8);
            ++count;
        }
        require(missing == 0, "a seat was announced where nobody shares");
        Home[] memory all = homes;
        homes = new Home[](count);
        for (uint256 i = 0; i < count; ++i) homes[i] = all[i];
    }

    function _home(uint32 meter, SignedProfile memory profile) private view returns (Home memory home) {
        DeviceState memory state = _state(meter);
        (uint32 effectiveDay, Settings memory queued) = neighbourhood.queuedSettings(meter);
        bool changes = effectiveDay != 0 && effectiveDay <= _windowDay;
        home.meter = meter;
        home.exponent = exponentOf(meter);
        home.community = changes ? queued.community : state.community;
        home.fits = true;
        home.askTicks = changes ? queued.askTicks : state.askTicks;
        home.bidTicks = changes ? queued.bidTicks : state.bidTicks;
        home.balanceBaseUnits = _meterMoney[meter];
        home.profile = profile;
    }

    /// @dev What a broken device might sign: it is left out, and the street is settled.
    function _spoil(Home memory home, uint256 capUnits, uint256 seed) private view {
        SignedProfile memory profile = home.profile;
        home.fits = false;
        if (seed % 4 == 0) {
            profile.importRegister = 2 ** 44;
        } else if (seed % 4 == 1) {
            // In interval 0, with registers that cover it.
            profile.intervals[2] = bytes1(uint8((capUnits + 1) >> 8));
            profile.intervals[3] = bytes1(uint8(capUnits + 1));
            profile.exportRegister += uint64(capUnits + 1);
        } else if (seed % 4 == 2) {
            profile.quality |= 3 << (2 * ((seed >> 8) % 96));
        } else {
            profile.intervals[1] = 0x01;
            profile.importRegister += 256;
            profile.quality = 2;
        }
        _signProfile(_deviceKeys[home.meter], profile);
    }

    /// @dev Charges and dust: less than 1.06 base units for each meter.
    function _checkTreasury(int256 paid, uint256 settled, uint256 volumeWh, uint256 chargeTicks) private {
        require(paid >= 0, "the street was paid");
        uint256 hundredths = uint256(paid) * 100;
        uint256 chargedHundredths = volumeWh * chargeTicks * 10;
        require(hundredths >= chargedHundredths, "the treasury got less than the charges");
        require(hundredths - chargedHundredths <= 106 * settled, "dust");
        _treasuryMoney += uint256(paid);
    }

    function _checkEvent(int256 paid, SolvedDay memory solved) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = logs.length; i-- > 0;) {
            if (logs[i].topics[0] != ISettlement.DaySettled.selector) continue;
            bytes memory expected = abi.encode(
                solved.clearedWh,
                paid,
                solved.claims.prices,
                solved.volumesWh,
                solved.paymentList
            );
            require(keccak256(logs[i].data) == keccak256(expected), "settled event");
            return;
        }
        revert("no event of the settlement");
    }

    /// @dev Why a settled day cannot be late: consumed, or the meter is out by now.
    function _reasonAgainst(uint32 meter) private view returns (bytes4) {
        DeviceState memory state = _state(meter);
        if (!state.active) return INeighbourhood.DeviceTombstoned.selector;
        return _shares(meter, _windowDay) ? INeighbourhood.DayNotAfterLast.selector : ISettlement.NotSharing.selector;
    }

    // ---------------------------------------------------------------- shared days

    /// @dev Refused while a window is open, or if the day is not closed, or the meter stopped sharing before it.
    function _late(uint32 meter, uint32 day, uint256 seed) private {
        SignedProfile memory profile = _profileOf(meter, day, seed >> 16);
        bytes memory call = abi.encodeCall(ISettlement.late, (profile));
        require(_isClosed(day) == neighbourhood.isClosed(day), "is closed");
        bytes4 refusal = bytes4(0);
        if (!_isClosed(day)) refusal = ISettlement.DayStillOpen.selector;
        if (_windowIsOpen()) refusal = ISettlement.StandsStill.selector;
        if (!_shares(meter, day)) refusal = ISettlement.NotSharing.selector;
        if (refusal != bytes4(0)) {
            ++_settlementCounters.refusedLate;
            return _refuseCall(address(this), call, refusal);
        }
        neighbourhood.late(profile);
        _noteShared(meter, profile);
        _refuse(profile, "a late day was recorded");
        ++_settlementCounters.late;
    }

    /// @dev Queued settings count from their day on.
    function _shares(uint32 meter, uint32 day) private view returns (bool) {
        (uint32 effectiveDay, Settings memory queued) = neighbourhood.queuedSettings(meter);
        bool leaves = effectiveDay != 0 && effectiveDay <= day && !queued.sharing;
        return _state(meter).sharing && !leaves;
    }

    function _noteShared(uint32 meter, SignedProfile memory profile) private {
        _consume(meter, profile);
        _sharedDays.push(MeterDay(meter, profile.day));
        // What is due the day after is in force with the last day before it.
        (uint32 effectiveDay, ) = neighbourhood.queuedSettings(meter);
        require(effectiveDay == 0 || effectiveDay > profile.day + 1, "queued settings wait behind their day");
    }
}
