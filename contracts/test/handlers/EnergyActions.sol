// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EnergyRange, Retirement, SignedProfile} from "../../types/Profiles.sol";
import {PlainDayLanes} from "../twins/PlainDayLanes.sol";
import {PlainRemainingImports} from "../twins/PlainRemainingImports.sol";
import {System} from "./System.sol";

/// @notice What can happen to energy, with a plain account of what should come of it. No action reverts: what must be
/// refused is tried and caught.
abstract contract EnergyActions is System {
    struct MeterAccount {
        bool active;
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
        uint256 revocations;
        uint256 rotations;
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
        // Registers never decrease, whatever happened.
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            (uint64 imported, uint64 exported) = _registers(meter);
            require(imported == _accounts[meter].importRegister, "import register");
            require(exported == _accounts[meter].exportRegister, "export register");
        }
    }

    constructor() {
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            _accounts[meter] = MeterAccount(true, FIRST_DAY - 1, 0, 0);
        }
    }

    function counters() external view returns (Counters memory) {
        return _counters;
    }

    // ---------------------------------------------------------------- actions

    function passTime(uint256 seed) external action {
        clock += seed % 12 == 0 ? (seed >> 8) % 40 days : (seed >> 8) % 1 days;
        vm.warp(clock);
    }

    function record(uint256 seed) external action {
        uint32 meter = _meter(seed);
        SignedProfile memory profile = _nextProfile(meter, seed);
        if (!_accounts[meter].active) {
            _refuse(profile, "a revoked device recorded");
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
        uint256 expected = 0;
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            profiles[meter - 1] = _nextProfile(meter, uint256(keccak256(abi.encode(seed, meter))));
            if (_accounts[meter].active) ++expected;
        }
        profiles[METERS] = profiles[seed % METERS];
        require(neighbourhood.recordMany(profiles) == expected, "recordMany");
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            if (_accounts[meter].active) _note(meter, profiles[meter - 1]);
        }
        _counters.refusedProfiles += METERS + 1 - expected;
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

    function revokeDevice(uint256 seed) external action {
        uint32 meter = _meter(seed);
        // Seldom, so that most meters go on.
        if (!_accounts[meter].active || (seed >> 8) % 3 != 0) return;
        if ((seed >> 16) % 2 == 0) vm.prank(ownerOf(meter));
        if ((seed >> 16) % 2 == 0) neighbourhood.revokeMyDevice(meter);
        else neighbourhood.revokeDevice(meter);
        _accounts[meter].active = false;
        ++_counters.revocations;
    }

    function rotateDevice(uint256 seed) external action {
        uint32 meter = _meter(seed);
        MeterAccount storage account = _accounts[meter];
        uint256 oldKey = _deviceKeys[meter];
        SignedProfile memory profile = _nextProfile(meter, seed);
        neighbourhood.rotateDevice(_registration(meter, account.importRegister, account.exportRegister));
        account.active = true;
        ++_counters.rotations;
        _signProfile(oldKey, profile);
        _refuse(profile, "a rotated out device recorded");
    }

    // ---------------------------------------------------------------- profiles

    /// @dev The next day of a meter, or one soon after; time moves on to its end if need be.
    function _nextProfile(uint32 meter, uint256 seed) internal returns (SignedProfile memory profile) {
        MeterAccount storage account = _accounts[meter];
        uint32 day = account.lastDay + 1 + ((seed >> 8) % 6 == 0 ? uint32(seed >> 16) % 3 : 0);
        // A meter that fell behind mostly catches up, so that not all it does comes too late.
        uint32 yesterday = uint32(clock / 1 days) - 1;
        if (yesterday > day + 3 && (seed >> 20) % 4 != 0) day = yesterday - uint32((seed >> 16) % 3);
        if (clock < (uint256(day) + 1) * 1 days) clock = (uint256(day) + 1) * 1 days + ((seed >> 24) % 3 hours);
        vm.warp(clock);

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
            if (style != 0) imports[i] = style == 3 ? 32_767 : uint16((random >> 8) % 1_000);
            if (style != 1) exports[i] = style == 3 ? 32_767 : uint16((random >> 32) % 2_000);
            profile.importRegister += imports[i];
            profile.exportRegister += exports[i];
        }
        // What no interval accounts for.
        profile.importRegister += uint64((seed >> 64) % 500);
        profile.exportRegister += uint64((seed >> 80) % 500);
        profile.intervals = PlainDayLanes.encode(imports, exports);
        _signProfile(_deviceKeys[meter], profile);
    }

    function _note(uint32 meter, SignedProfile memory profile) private {
        uint32 day = profile.day;
        MeterAccount storage account = _accounts[meter];
        require(!_recorded[meter][day], "a day was recorded twice");
        require(profile.importRegister >= account.importRegister, "import decreased");
        require(profile.exportRegister >= account.exportRegister, "export decreased");
        account.lastDay = day;
        account.importRegister = profile.importRegister;
        account.exportRegister = profile.exportRegister;
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

    function _refuse(SignedProfile memory profile, string memory otherwise) private {
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

    function _meter(uint256 seed) private pure returns (uint32) {
        return uint32(1 + (seed % METERS));
    }

    function _registers(uint32 meter) private view returns (uint64, uint64) {
        address device = vm.addr(_deviceKeys[meter]);
        return (neighbourhood.deviceState(device).importRegister, neighbourhood.deviceState(device).exportRegister);
    }
}
