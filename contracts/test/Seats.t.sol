// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ISharing} from "../interfaces/ISharing.sol";
import {Seats} from "../libraries/Seats.sol";
import {NeighbourhoodState} from "../types/State.sol";

/// @notice Seats are each one meter's, the lowest free one first, and as many as one transaction carries.
contract SeatsTest is Test {
    NeighbourhoodState private _state;
    mapping(uint256 seat => uint256) private _holders; // 0: free, 1: secp256k1, 2: P-256

    function take(bool p256) external returns (uint8) {
        return Seats.take(_state, p256);
    }

    function recount(bool before, bool p256) external {
        Seats.recount(_state, before, p256);
    }

    function test_fuzz_seats_areEachOneMeters(uint256 seed) external {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint8 seat = uint8((random >> 8) % 24);
            if (random % 2 == 0 || _holders[seat] == 0) {
                bool p256 = (random >> 16) % 2 == 0;
                uint8 taken = Seats.take(_state, p256);
                assertEq(_holders[taken], 0);
                for (uint256 lower = 0; lower < taken; ++lower) assertNotEq(_holders[lower], 0);
                _holders[taken] = p256 ? 2 : 1;
            } else {
                Seats.free(_state, seat, _holders[seat] == 2);
                _holders[seat] = 0;
            }
            _check();
        }
    }

    function test_take_fillsAllSeatsWithSecp256k1() external {
        for (uint256 i = 0; i < Seats.MAX_SEATS; ++i) assertEq(Seats.take(_state, false), i);
        _expectFull(257, 0);
        this.take(false);
        Seats.free(_state, 200, false);
        assertEq(Seats.take(_state, false), 200);
    }

    function test_take_stopsWhereP256ProfilesFillATransaction() external {
        uint256 fits = Seats.LIMIT_BYTES / Seats.P256_PROFILE_BYTES;
        for (uint256 i = 0; i < fits; ++i) Seats.take(_state, true);
        _expectFull(fits + 1, fits + 1);
        this.take(true);
    }

    function test_recount_isRefusedWhereTheLongerSignatureNoLongerFits() external {
        for (uint256 i = 0; i < Seats.MAX_SEATS; ++i) Seats.take(_state, false);
        uint256 more =
            (Seats.LIMIT_BYTES - Seats.PROFILE_BYTES * Seats.MAX_SEATS) /
                (Seats.P256_PROFILE_BYTES - Seats.PROFILE_BYTES);
        for (uint256 i = 0; i < more; ++i) Seats.recount(_state, false, true);
        assertEq(_state.treasury.p256Meters, more);
        _expectFull(Seats.MAX_SEATS, more + 1);
        this.recount(false, true);
        Seats.recount(_state, true, true);
        Seats.recount(_state, true, false);
        assertEq(_state.treasury.p256Meters, more - 1);
    }

    function _expectFull(uint256 meters, uint256 p256Meters) private {
        uint256 settlementBytes = Seats.PROFILE_BYTES * (meters - p256Meters) + Seats.P256_PROFILE_BYTES * p256Meters;
        vm.expectRevert(
            abi.encodeWithSelector(ISharing.NeighbourhoodFull.selector, meters, settlementBytes, Seats.LIMIT_BYTES)
        );
    }

    function _check() private view {
        uint256 meters = 0;
        uint256 p256Meters = 0;
        for (uint256 seat = 0; seat < 256; ++seat) {
            assertEq((_state.seatsTaken >> seat) & 1, _holders[seat] == 0 ? 0 : 1);
            if (_holders[seat] != 0) ++meters;
            if (_holders[seat] == 2) ++p256Meters;
        }
        assertEq(_state.treasury.sharingMeters, meters);
        assertEq(_state.treasury.p256Meters, p256Meters);
    }
}
