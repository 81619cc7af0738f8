// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Test} from "forge-std/Test.sol";

import {EnergyToken} from "../EnergyToken.sol";
import {IEnergyToken} from "../interfaces/IEnergyToken.sol";
import {PlainDayLanes} from "./twins/PlainDayLanes.sol";
import {PlainRing} from "./twins/PlainRing.sol";

/// @notice Balances expire at the exact second, and the ring of days is reused without touching a live one.
contract RingTest is Test {
    using PlainRing for PlainRing.Balances;

    address private constant ALICE = address(0xa11ce);
    address private constant BOB = address(0xb0b);
    uint32 private constant METER = 9;

    PlainRing.Balances private _plain;

    function test_fuzz_expiry_atTheExactSecond(uint16 firstDay, uint8 window, uint8 index, uint8 exponent) external {
        uint256 windowDays = bound(window, 1, 30);
        uint32 day = uint32(bound(firstDay, 1, 60_000));
        uint32 interval = day * 96 + uint32(bound(index, 0, 95));
        EnergyToken token = _token(windowDays, uint8(bound(exponent, 0, 2)));
        uint256 unitWh = 10 ** bound(exponent, 0, 2);
        uint256 id = (uint256(METER) << 32) | interval;
        vm.warp((uint256(day) + 1) * 1 days);
        token.mintDay(METER, day, _sameExports(500));
        uint256 expiresAt = (uint256(day) + 1 + windowDays) * 1 days;
        assertEq(token.expiresAt(id), expiresAt);

        vm.warp(expiresAt - 1);
        assertEq(token.balanceOf(ALICE, id), 500 * unitWh);
        vm.prank(ALICE);
        token.safeTransferFrom(ALICE, BOB, id, 100 * unitWh, "");
        vm.prank(ALICE);
        token.safeRangeTransferFrom(ALICE, BOB, METER, interval, _one(100 * unitWh));
        token.burnRange(ALICE, METER, interval, _one(100 * unitWh));
        assertEq(token.balanceOf(ALICE, id), 200 * unitWh);
        assertEq(token.balanceOf(BOB, id), 200 * unitWh);

        vm.warp(expiresAt);
        assertEq(token.balanceOf(ALICE, id), 0);
        assertEq(token.balanceOfRange(BOB, METER, interval, 1)[0], 0);
        _assertNothingMoves(token, id, unitWh);
    }

    /// @dev Days far apart, near the window's length apart, or side by side; after each, every day of the last ones is
    /// compared for all holders.
    function test_fuzz_daysOverYears_equalPlain(uint16 firstDay, uint8 window, uint256 seed) external {
        uint256 windowDays = bound(window, 1, 30);
        EnergyToken token = _token(windowDays, 0);
        uint256 day = bound(firstDay, 1, 30_000);
        for (uint256 step = 0; step < 8; ++step) {
            uint256 random = uint256(keccak256(abi.encode(seed, step)));
            vm.warp((day + 1) * 1 days + (random % 1 days));
            _mint(token, uint32(day), random);
            for (uint256 age = 0; age < 2; ++age) {
                _transfer(token, random >> (8 * age), uint32(day - (day > age ? age : 0)), windowDays, day);
            }
            _assertLast(token, day, windowDays, day > 33 ? day - 33 : 0);
            uint256 gap = (random >> 64) % 6;
            day +=
                gap < 3
                    ? gap + 1
                    : gap == 3
                        ? 31
                        : gap == 4
                            ? 32
                            : 33 + ((random >> 72) % 200);
        }
    }

    function test_fuzz_reuse_after32Days_leavesNothingOfTheOldDay(uint16 firstDay, uint16 units) external {
        uint32 day = uint32(bound(firstDay, 1, 60_000));
        uint16 first = uint16(bound(units, 2, 32_767));
        EnergyToken token = _token(30, 0);
        vm.warp((uint256(day) + 1) * 1 days);
        token.mintDay(METER, day, _sameExports(first));
        uint32[] memory all = new uint32[](96);
        for (uint256 i = 0; i < 96; ++i) all[i] = first / 2;
        vm.prank(ALICE);
        token.safeRangeTransferFrom(ALICE, BOB, METER, day * 96, all);

        vm.warp((uint256(day) + 33) * 1 days);
        token.mintDay(METER, day + 32, _sameExports(7));
        vm.prank(ALICE);
        token.safeRangeTransferFrom(ALICE, BOB, METER, (day + 32) * 96 + 3, _one(5));
        for (uint32 i = 0; i < 96; ++i) {
            uint256 id = (uint256(METER) << 32) | ((day + 32) * 96 + i);
            assertEq(token.balanceOf(ALICE, id), i == 3 ? 2 : 7);
            assertEq(token.balanceOf(BOB, id), i == 3 ? 5 : 0);
            assertEq(token.balanceOf(ALICE, id - 32 * 96), 0);
            assertEq(token.balanceOf(BOB, id - 32 * 96), 0);
        }
    }

    function test_fuzz_olderDay_neverOverwritesNewer(uint16 firstDay, uint8 window, uint8 ringTurns) external {
        uint256 windowDays = bound(window, 1, 30);
        uint32 turns = uint32(bound(ringTurns, 1, 9));
        uint32 day = uint32(bound(firstDay, 32 * turns, 60_000));
        EnergyToken token = _token(windowDays, 0);
        vm.warp((uint256(day) + 1) * 1 days);
        token.mintDay(METER, day, _sameExports(500));

        uint32 older = day - 32 * turns;
        vm.expectRevert(
            abi.encodeWithSelector(
                IEnergyToken.RetirementWindowClosed.selector,
                older,
                (uint256(older) + 1 + windowDays) * 1 days
            )
        );
        token.mintDay(METER, older, _sameExports(1));
        uint256 id = (uint256(METER) << 32) | (older * 96);
        _assertNothingMoves(token, id, 1);
        assertEq(token.balanceOf(ALICE, id + 32 * turns * 96), 500);
    }

    function test_fuzz_idsNoMeterIssued_readZeroAndCannotMove(uint16 firstDay, uint8 bit, uint32 turns) external {
        uint32 day = uint32(bound(firstDay, 1, 60_000));
        EnergyToken token = _token(30, 0);
        vm.warp((uint256(day) + 1) * 1 days);
        token.mintDay(METER, day, _sameExports(500));
        uint256 id = (uint256(METER) << 32) | (day * 96);

        _assertDead(token, id | (1 << bound(bit, 64, 255)));
        // Same place in the ring, a day that no device can sign.
        uint256 later = uint256(day) + 32 * bound(turns, (65_536 - uint256(day)) / 32 + 1, 1_300_000);
        if (later * 96 <= type(uint32).max) _assertDead(token, (uint256(METER) << 32) | (later * 96));
        _assertDead(token, (uint256(METER) << 32) | type(uint32).max);
        assertEq(token.balanceOf(ALICE, id), 500);
    }

    function test_fuzz_units_moveInMultiplesOnly(uint8 exponent, uint16 units, uint256 amount) external {
        uint8 unitExponent = uint8(bound(exponent, 1, 2));
        uint256 unitWh = 10 ** uint256(unitExponent);
        uint16 minted = uint16(bound(units, 1, 32_767));
        EnergyToken token = _token(28, unitExponent);
        vm.warp(20_001 * 1 days);
        token.mintDay(METER, 20_000, _sameExports(minted));
        uint256 id = (uint256(METER) << 32) | (20_000 * 96);
        assertEq(token.balanceOf(ALICE, id), minted * unitWh);

        amount = bound(amount, 1, minted * unitWh);
        bytes memory refusal = abi.encodeWithSelector(IEnergyToken.NotMultipleOfUnit.selector, id, amount, unitWh);
        bool fits = amount % unitWh == 0;
        if (!fits) vm.expectRevert(refusal);
        vm.prank(ALICE);
        token.safeTransferFrom(ALICE, BOB, id, amount, "");
        if (!fits) {
            vm.expectRevert(refusal);
            vm.prank(ALICE);
            token.safeRangeTransferFrom(ALICE, BOB, METER, 20_000 * 96, _one(amount));
            vm.expectRevert(refusal);
            token.burnRange(ALICE, METER, 20_000 * 96, _one(amount));
            amount = 0;
        }
        assertEq(token.balanceOf(BOB, id), amount);
        assertEq(token.balanceOf(ALICE, id) + amount, minted * unitWh);
    }

    /// @dev The balance itself says who owns the meter, also after going away and coming back.
    function test_fuzz_rangeTransfer_tellsTheIssuer(uint16 units) external {
        uint256 amount = bound(units, 1, 32_767);
        EnergyToken token = _token(28, 0);
        vm.warp(20_001 * 1 days);
        token.mintDay(METER, 20_000, _sameExports(uint16(amount)));
        assertTrue(_sendAll(token, ALICE, BOB, amount));
        assertFalse(_sendAll(token, BOB, address(0xca401), amount));
        assertFalse(_sendAll(token, address(0xca401), ALICE, amount));
        assertTrue(_sendAll(token, ALICE, ALICE, amount));
        assertFalse(_sendAll(token, BOB, ALICE, 0));
    }

    function _sendAll(EnergyToken token, address from, address to, uint256 amount) private returns (bool) {
        vm.prank(from);
        return token.safeRangeTransferFrom(from, to, METER, 20_000 * 96 + 17, _one(amount));
    }

    function _token(uint256 windowDays, uint8 exponent) private returns (EnergyToken token) {
        // This contract stands for the neighbourhood, which alone mints and burns.
        token = new EnergyToken(windowDays);
        token.admitIssuer(METER, ALICE, exponent);
    }

    function _mint(EnergyToken token, uint32 day, uint256 random) private {
        uint16[96] memory exports;
        for (uint256 i = 0; i < 96; ++i) {
            exports[i] = uint16(uint256(keccak256(abi.encode(random, i))) % 32_768);
            _plain.units[ALICE][METER][uint256(day) * 96 + i] = exports[i];
        }
        uint16[96] memory imports;
        token.mintDay(METER, day, PlainDayLanes.encode(imports, exports));
    }

    /// @dev A range across words, and where it can, across days, of what is held.
    function _transfer(EnergyToken token, uint256 random, uint32 day, uint256 windowDays, uint256 today) private {
        if (uint256(day) + windowDays < today + 1) return;
        uint32 firstInterval = day * 96 + uint32((random >> 16) % 96);
        address from = random % 4 == 0 ? BOB : ALICE;
        address to = random % 4 < 3 ? BOB : ALICE;
        uint32[] memory series = new uint32[](1 + ((random >> 32) % 40));
        for (uint256 i = 0; i < series.length; ++i) {
            uint256 held = _plain.units[from][METER][firstInterval + i];
            series[i] = uint32(uint256(keccak256(abi.encode(random, i, "series"))) % (held + 1));
            _plain.move(from, to, METER, firstInterval + i, series[i]);
        }
        vm.prank(from);
        token.safeRangeTransferFrom(from, to, METER, firstInterval, series);
    }

    function _assertLast(EnergyToken token, uint256 day, uint256 windowDays, uint256 from) private view {
        address[2] memory holders = [ALICE, BOB];
        uint256 count = (day - from + 1) * 96;
        if (count > 3_072) (from, count) = (day - 31, 3_072);
        for (uint256 h = 0; h < 2; ++h) {
            uint256[] memory balances = token.balanceOfRange(holders[h], METER, uint32(from * 96), count);
            for (uint256 i = 0; i < count; ++i) {
                bool live = block.timestamp < ((from * 96 + i) / 96 + 1 + windowDays) * 1 days;
                assertEq(balances[i], live ? _plain.units[holders[h]][METER][from * 96 + i] : 0);
            }
        }
    }

    function _assertDead(EnergyToken token, uint256 id) private {
        assertEq(token.balanceOf(ALICE, id), 0);
        assertEq(token.expiresAt(id), 0);
        assertEq(token.uri(id), "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, ALICE, 0, 1, id));
        vm.prank(ALICE);
        token.safeTransferFrom(ALICE, BOB, id, 1, "");
    }

    function _assertNothingMoves(EnergyToken token, uint256 id, uint256 amount) private {
        bytes memory refusal = abi.encodeWithSelector(
            IERC1155Errors.ERC1155InsufficientBalance.selector,
            ALICE,
            0,
            amount,
            id
        );
        vm.expectRevert(refusal);
        vm.prank(ALICE);
        token.safeTransferFrom(ALICE, BOB, id, amount, "");
        vm.expectRevert(refusal);
        vm.prank(ALICE);
        token.safeRangeTransferFrom(ALICE, BOB, METER, uint32(id), _one(amount));
        vm.expectRevert(refusal);
        token.burnRange(ALICE, METER, uint32(id), _one(amount));
    }

    function _one(uint256 amount) private pure returns (uint32[] memory series) {
        series = new uint32[](1);
        series[0] = uint32(amount);
    }

    function _sameExports(uint16 units) private pure returns (bytes memory) {
        uint16[96] memory imports;
        uint16[96] memory exports;
        for (uint256 i = 0; i < 96; ++i) exports[i] = units;
        return PlainDayLanes.encode(imports, exports);
    }
}
