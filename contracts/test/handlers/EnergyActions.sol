// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DeviceState} from "../../types/Meters.sol";
import {EnergyRange, Retirement, SignedProfile} from "../../types/Profiles.sol";
import {Settings} from "../../types/Settlement.sol";
import {PlainDayLanes} from "../twins/PlainDayLanes.sol";
import {PlainRemainingImports} from "../twins/PlainRemainingImports.sol";
import {System} from "./System.sol";

/// @notice What can happen to energy, with a plain account of what should come of it. No action reverts: what must be
/// refused is tried and caught.
abstract contract EnergyActions is System {
    struct MeterAccount {
        bool active;
        bool closed;
        uint32 lastDay;
        uint64 importRegister;
        uint64 exportRegister;
    }

    struct MeterDay {
        uint32 meter;
        uint32 day;
    }

    struct Counters {
        uint256 recorded;
        uint256 minted;
        uint256 tooLate;
        uint256 refusedProfiles;
        uint256 transfers;
        uint256 retirements;
        uint256 offers;
        uint256 fills;
        uint256 refusedFills;
        uint256 cancels;
        uint256 charges;
    }

    Counters internal _counters;
    uint256 public actions;
    uint256 public mintedWh;
    uint256 public retiredWh;

    mapping(uint32 meter => MeterAccount) internal _accounts;
    MeterDay[] internal _days;
    /// @dev Recorded, settled or late.
    mapping(uint32 meter => mapping(uint32 day => bool)) internal _consumed;
    /// @dev Recorded in time.
    mapping(uint32 meter => mapping(uint32 day => bool)) internal _recorded;
    /// @dev Minted and not retired, also after expiry.
    mapping(uint32 meter => mapping(uint256 interval => uint256)) internal _supplyWh;
    mapping(uint32 meter => mapping(uint32 day => uint256)) internal _supplyOfDayWh;
    /// @dev Signed and not yet covered, units of the importing meter.
    mapping(uint32 meter => mapping(uint32 day => uint16[96])) internal _remaining;

    modifier action() {
        vm.warp(clock);
        ++actions;
        _;
        _afterAction();
    }

    constructor() {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            _accounts[meter] = MeterAccount(true, false, FIRST_DAY - 1, 0, 0);
        }
    }

    function counters() external view returns (Counters memory) {
        return _counters;
    }

    // ---------------------------------------------------------------- actions

    function passTime(uint256 seed) external action {
        if (_windowIsOpen() && (seed >> 4) % 4 != 0) clock += (seed >> 8) % 40 minutes;
        else clock += seed % 12 == 0 ? (seed >> 8) % 40 days : (seed >> 8) % 1 days;
        vm.warp(clock);
    }

    function record(uint256 seed) external action {
        uint32 meter = _meter(seed);
        // Mostly one that can.
        for (uint32 i = 0; i < METERS && seed % 4 != 0 && !_records(meter, _accounts[meter].lastDay + 1); ++i) {
            meter = (meter % METERS) + 1;
        }
        uint32 day = _nextDay(meter, seed);
        if (!_waitFor(day, seed)) return;
        SignedProfile memory profile = _profileOf(meter, day, seed);
        if (!_records(meter, day)) {
            _refuse(profile, "a revoked device or a sharing meter recorded");
            return;
        }
        _refuseForged(profile, seed);
        neighbourhood.record(profile);
        _note(meter, profile);
        _refuse(profile, "a day was recorded twice");
        _refuseSecond(meter, profile);
    }

    /// @dev All meters, the revoked ones too, and one of them twice: exactly the good ones are recorded, once.
    function recordMany(uint256 seed) external action {
        SignedProfile[] memory profiles = new SignedProfile[](METERS + 1);
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            uint256 seedOfMeter = uint256(keccak256(abi.encode(seed, meter)));
            uint32 day = _nextDay(meter, seedOfMeter);
            if (!_waitFor(day, seed)) return;
            profiles[meter - 1] = _profileOf(meter, day, seedOfMeter);
        }
        profiles[METERS] = profiles[seed % METERS];
        bool[] memory expected = new bool[](METERS + 1);
        uint256 count = 0;
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            expected[meter] = _records(meter, profiles[meter - 1].day);
            if (expected[meter]) ++count;
        }
        require(neighbourhood.recordMany(profiles) == count, "recordMany");
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            if (expected[meter]) _note(meter, profiles[meter - 1]);
        }
        _counters.refusedProfiles += METERS + 1 - count;
    }

    function transfer(uint256 seed) external action {
        (bool found, MeterDay memory at, address from) = _holding(seed);
        if (!found) return;
        address to = _actors[(seed >> 16) % ACTORS];
        uint32 first = at.day * 96 + uint32((seed >> 24) % 64);
        uint32[] memory series = _part(from, at.meter, first, 32, seed >> 32);
        if (_sum(series) == 0) return;
        vm.prank(from);
        if (seed % 3 != 0) {
            token.safeRangeTransferFrom(from, to, at.meter, first, series);
        } else {
            uint256[] memory ids = new uint256[](series.length);
            uint256[] memory values = new uint256[](series.length);
            for (uint256 i = 0; i < ids.length; ++i) {
                (ids[i], values[i]) = ((uint256(at.meter) << 32) + first + i, series[i]);
            }
            token.safeBatchTransferFrom(from, to, ids, values, "");
        }
        ++_counters.transfers;
    }

    /// @dev Uses tokens of one meter, in two ranges, against the import of another or the same.
    function retire(uint256 seed) external action {
        (bool found, MeterDay memory at, ) = _holding(seed);
        if (!found) return;
        uint32 meter = _meter(seed >> 16);
        for (uint32 i = 0; i < METERS && !_recorded[meter][at.day]; ++i) meter = (meter % METERS) + 1;
        address owner = ownerOf(meter);
        uint16[96] storage remaining = _remaining[meter][at.day];
        Retirement memory use = Retirement(
            meter,
            at.day,
            PlainRemainingImports.encode(remaining),
            new EnergyRange[](2)
        );
        use.ranges[0] = EnergyRange(at.meter, at.day * 96, _usable(owner, meter, at, 0, seed));
        use.ranges[1] = EnergyRange(at.meter, at.day * 96 + 48, _usable(owner, meter, at, 48, seed));
        uint256 usedWh = _sum(use.ranges[0].energyWh) + _sum(use.ranges[1].energyWh);
        if (usedWh == 0) return;
        vm.prank(owner);
        neighbourhood.retire(use);

        for (uint32 i = 0; i < 96; ++i) {
            uint256 energyWh = use.ranges[i / 48].energyWh[i % 48];
            _supplyWh[at.meter][at.day * 96 + i] -= energyWh;
            // Never below zero: at most the signed import is retired.
            remaining[i] -= uint16(energyWh / unitWhOf(meter));
        }
        _supplyOfDayWh[at.meter][at.day] -= usedWh;
        retiredWh += usedWh;
        ++_counters.retirements;
        vm.prank(owner);
        try neighbourhood.retire(use) {
            revert("a stale vector retired again");
        } catch {}
    }

    /// @dev An unused token of an interval whose import is covered must not be retirable.
    function retireTooMuch(uint256 seed) external action {
        (bool found, MeterDay memory at, address holder) = _holding(seed);
        if (!found) return;
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            if (ownerOf(meter) != holder || !_recorded[meter][at.day]) continue;
            uint16[96] memory remaining = _remaining[meter][at.day];
            EnergyRange[] memory ranges = new EnergyRange[](1);
            ranges[0] = EnergyRange(at.meter, at.day * 96 + uint32((seed >> 8) % 96), new uint32[](1));
            uint256 above = remaining[(seed >> 8) % 96] + 1;
            ranges[0].energyWh[0] = uint32(above * unitWhOf(meter));
            vm.prank(holder);
            try neighbourhood.retire(Retirement(meter, at.day, PlainRemainingImports.encode(remaining), ranges)) {
                revert("more was retired than imported");
            } catch {}
        }
    }

    // ---------------------------------------------------------------- profiles

    /// @dev The next day of a meter, or one soon after.
    function _nextDay(uint32 meter, uint256 seed) private view returns (uint32 day) {
        uint32 lastDay = _accounts[meter].lastDay;
        day = lastDay + 1 + ((seed >> 8) % 6 == 0 ? uint32(seed >> 16) % 3 : 0);
        // A meter that fell behind mostly catches up, so that not all it does comes too late.
        uint32 yesterday = uint32(clock / 1 days) - 1;
        if (yesterday > day + 3 && (seed >> 20) % 4 != 0) day = yesterday - uint32((seed >> 16) % 3);
        // One that is to share mostly records the days until then.
        (uint32 effectiveDay, Settings memory queued) = neighbourhood.queuedSettings(meter);
        bool joins = queued.sharing && effectiveDay > lastDay + 1 && day >= effectiveDay;
        if (joins && !_state(meter).sharing && (seed >> 28) % 4 != 0) day = effectiveDay - 1;
    }

    /// @dev Time moves on to the end of a day if need be, though seldom out of a closing window.
    function _waitFor(uint32 day, uint256 seed) private returns (bool over) {
        uint256 end = (uint256(day) + 1) * 1 days;
        if (clock >= end) return true;
        if (_windowIsOpen() && (seed >> 40) % 4 != 0) return false;
        clock = end + ((seed >> 24) % 3 hours);
        vm.warp(clock);
        return true;
    }

    /// @dev Whether `record` takes a profile of a day that is over and later than the last one: queued settings count from
    /// their day on.
    function _records(uint32 meter, uint32 day) private view returns (bool) {
        (uint32 effectiveDay, Settings memory queued) = neighbourhood.queuedSettings(meter);
        return _accounts[meter].active && !_state(meter).sharing && !(queued.sharing && effectiveDay <= day);
    }

    /// @dev A day that continues the registers of a meter, within its cap.
    function _profileOf(uint32 meter, uint32 day, uint256 seed) internal view returns (SignedProfile memory profile) {
        MeterAccount storage account = _accounts[meter];
        uint256 capUnits = _state(meter).capUnits;
        uint16[96] memory imports;
        uint16[96] memory exports;
        profile.day = day;
        (profile.importRegister, profile.exportRegister) = (account.importRegister, account.exportRegister);
        uint256 style = (seed >> 32) % 4;
        for (uint256 i = 0; i < 96; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            profile.quality |= (random % 3) << (2 * i);
            // A missing interval holds nothing.
            if (random % 3 == 2) continue;
            if (style != 0) imports[i] = uint16(style == 3 ? capUnits : ((random >> 8) % 1_000) % (capUnits + 1));
            if (style != 1) exports[i] = uint16(style == 3 ? capUnits : ((random >> 32) % 2_000) % (capUnits + 1));
            profile.importRegister += imports[i];
            profile.exportRegister += exports[i];
        }
        // What no interval accounts for.
        profile.importRegister += uint64((seed >> 64) % 500);
        profile.exportRegister += uint64((seed >> 80) % 500);
        profile.intervals = PlainDayLanes.encode(imports, exports);
        _signProfile(_deviceKeys[meter], profile);
    }

    /// @dev Recorded, settled or late: once, and never with registers that run backwards.
    function _consume(uint32 meter, SignedProfile memory profile) internal {
        MeterAccount storage account = _accounts[meter];
        require(!_consumed[meter][profile.day], "a day was consumed twice");
        require(profile.day > account.lastDay, "a day was consumed out of order");
        require(profile.importRegister >= account.importRegister, "import decreased");
        require(profile.exportRegister >= account.exportRegister, "export decreased");
        _consumed[meter][profile.day] = true;
        account.lastDay = profile.day;
        account.importRegister = profile.importRegister;
        account.exportRegister = profile.exportRegister;
    }

    function _note(uint32 meter, SignedProfile memory profile) private {
        uint32 day = profile.day;
        _consume(meter, profile);
        ++_counters.recorded;
        if (clock >= (uint256(day) + 1 + WINDOW_DAYS) * 1 days) {
            ++_counters.tooLate;
            return;
        }
        _recorded[meter][day] = true;
        _days.push(MeterDay(meter, day));
        uint256 dayWh = 0;
        for (uint256 i = 0; i < 96; ++i) {
            _remaining[meter][day][i] = uint16(PlainDayLanes.importAt(profile.intervals, i));
            uint256 energyWh = PlainDayLanes.exportAt(profile.intervals, i) * unitWhOf(meter);
            _supplyWh[meter][day * 96 + i] = energyWh;
            dayWh += energyWh;
        }
        _supplyOfDayWh[meter][day] = dayWh;
        mintedWh += dayWh;
        if (dayWh != 0) ++_counters.minted;
    }

    function _refuse(SignedProfile memory profile, string memory otherwise) internal {
        try neighbourhood.record(profile) {
            revert(otherwise);
        } catch {
            ++_counters.refusedProfiles;
        }
    }

    /// @dev The day again and the day before, with registers that have room for it, signed by the device itself.
    function _refuseSecond(uint32 meter, SignedProfile memory profile) private {
        (, uint256 importUnits, uint256 exportUnits) = PlainDayLanes.scan(profile.intervals, 32_767);
        profile.importRegister += uint64(importUnits);
        profile.exportRegister += uint64(exportUnits);
        for (uint32 back = 0; back < 2; ++back) {
            profile.day -= back;
            _signProfile(_deviceKeys[meter], profile);
            _refuse(profile, "a day was recorded out of order");
        }
    }

    /// @dev One unit more of export than the device signed.
    function _refuseForged(SignedProfile memory profile, uint256 seed) private {
        bytes memory signed = profile.intervals;
        profile.intervals = bytes.concat(signed);
        uint256 position = 4 * ((seed >> 96) % 96) + 3;
        profile.intervals[position] = bytes1(uint8(profile.intervals[position]) ^ 1);
        _refuse(profile, "a forged profile was recorded");
        profile.intervals = signed;
    }

    // ---------------------------------------------------------------- picking

    /// @dev A live meter-day of the last ones, and someone who holds energy of it; retried over days and actors.
    function _holding(uint256 seed) internal view returns (bool found, MeterDay memory at, address holder) {
        uint256 count = _days.length < 8 ? _days.length : 8;
        for (uint256 i = 0; i < count; ++i) {
            at = _days[_days.length - 1 - (((seed >> 40) + i) % count)];
            if (clock >= (uint256(at.day) + 1 + WINDOW_DAYS) * 1 days) continue;
            for (uint256 j = 0; j < ACTORS; ++j) {
                holder = _actors[((seed >> 48) + j) % ACTORS];
                if (_sum(token.balanceOfRange(holder, at.meter, at.day * 96, 96)) != 0) return (true, at, holder);
            }
        }
    }

    /// @dev A random part of what someone holds, in multiples of the unit.
    function _part(
        address holder,
        uint32 meter,
        uint32 first,
        uint256 count,
        uint256 seed
    ) internal view returns (uint32[] memory series) {
        uint256[] memory held = token.balanceOfRange(holder, meter, first, count);
        series = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 units = held[i] / unitWhOf(meter);
            if (random % 4 != 0) series[i] = uint32(((random >> 8) % (units + 1)) * unitWhOf(meter));
        }
    }

    /// @dev Half a day of what an owner holds and its meter's imports allow, in multiples of both units.
    function _usable(
        address owner,
        uint32 meter,
        MeterDay memory at,
        uint32 offset,
        uint256 seed
    ) private view returns (uint32[] memory series) {
        series = _part(owner, at.meter, at.day * 96 + offset, 48, seed);
        uint256 unitWh = unitWhOf(meter) > unitWhOf(at.meter) ? unitWhOf(meter) : unitWhOf(at.meter);
        for (uint32 i = 0; i < 48; ++i) {
            uint256 allowedWh = _remaining[meter][at.day][offset + i] * unitWhOf(meter);
            if (series[i] > allowedWh) series[i] = uint32(allowedWh);
            series[i] -= uint32(series[i] % unitWh);
        }
    }

    function _sum(uint32[] memory series) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < series.length; ++i) sum += series[i];
    }

    function _sum(uint256[] memory series) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < series.length; ++i) sum += series[i];
    }

    function _meter(uint256 seed) internal pure returns (uint32) {
        return uint32(1 + (seed % METERS));
    }

    function _state(uint32 meter) internal view returns (DeviceState memory) {
        return neighbourhood.deviceState(_devices[meter]);
    }

    /// @dev Whether a closing window is open.
    function _windowIsOpen() internal view virtual returns (bool);

    /// @dev Whatever happened: registers are those of the last consumed day or rebase, and no day opens again.
    function _afterAction() internal virtual {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            MeterAccount storage account = _accounts[meter];
            DeviceState memory state = _state(meter);
            require(state.meter == meter, "device");
            require(state.active == account.active, "active");
            require(state.importRegister == account.importRegister, "import register");
            require(state.exportRegister == account.exportRegister, "export register");
            require(state.lastDay >= account.lastDay, "a consumed or closed day is open again");
            account.lastDay = state.lastDay;
        }
    }
}
