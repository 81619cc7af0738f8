// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {DeviceState, KeyType} from "../../types/Meters.sol";
import {Settings} from "../../types/Settlement.sol";
import {SettlementActions} from "./SettlementActions.sol";

/// @notice What must hold of the street after any sequence of actions: money, seats, limits and shared days.
abstract contract StreetChecks is SettlementActions {
    uint256 internal constant LAST_DAYS = 6;
    uint256 private constant MAX_PAIRS = 31;
    /// @dev Of what no view tells: see `NeighbourhoodState`, which begins at 0x100.
    uint256 private constant REFERENCES_SLOT = 0x100 + 8;
    uint256 private constant SEATS_IN_FORCE_SLOT = 0x100 + 14;
    uint256 private constant SEATS_TAKEN_SLOT = 0x100 + 15;
    uint256 private constant TREASURY_SLOT = 0x100 + 16;

    /// @notice Currency held = accounts + prepaid balances + treasury, each as its own account says, to the base unit.
    function checkHeld() external view {
        uint256 sum = neighbourhood.treasuryBalance();
        require(sum == _treasuryMoney, "treasury");
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint256 balance = neighbourhood.accountBalance(_actors[i]);
            require(balance == _accountMoney[_actors[i]], "account");
            sum += balance;
        }
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            uint256 balance = _state(meter).balanceBaseUnits;
            require(balance == _meterMoney[meter], "prepaid balance");
            sum += balance;
        }
        require(neighbourhood.heldBalance() == sum, "held balance");
        require(currency.balanceOf(address(neighbourhood)) == sum, "currency held");
        require(currency.balanceOf(STREET_TREASURY) == _collectedMoney, "collected");
    }

    /// @notice Meters that share have a seat each; those and the ones that will share are all that have one.
    function checkSeats() external view {
        uint256 inForce = 0;
        uint256 seated = 0;
        uint256 p256 = 0;
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            DeviceState memory state = _state(meter);
            (, Settings memory queued) = neighbourhood.queuedSettings(meter);
            if (state.sharing) {
                require((inForce >> state.seat) & 1 == 0, "two meters have one seat");
                inForce |= 1 << state.seat;
            }
            if (!state.sharing && !queued.sharing) continue;
            ++seated;
            bool queuesP256 = _queuedKeys[meter] != 0 && _isP256(_queuedKeys[meter]);
            if (queuesP256 || neighbourhood.meter(meter).keyType == KeyType.P256) ++p256;
        }
        uint256 taken = _load(SEATS_TAKEN_SLOT);
        uint256 treasury = _load(TREASURY_SLOT);
        require(uint64(treasury) == _treasuryMoney, "treasury slot");
        require(_load(SEATS_IN_FORCE_SLOT) == inForce && neighbourhood.seats() == inForce, "seats in force");
        require(inForce & ~taken == 0, "a seat in force is not taken");
        require(_count(taken) == seated, "seats taken");
        require(uint16(treasury >> 128) == seated, "count of sharing meters");
        require(uint16(treasury >> 144) == p256, "count of P-256 meters");
    }

    /// @notice The pairs of limits are those that meters have or have queued, counted once for each.
    function checkClasses() external view {
        uint32[] memory pairs = neighbourhood.limitClasses();
        require(pairs.length <= MAX_PAIRS, "limit classes");
        uint256 references = 0;
        for (uint256 i = 0; i < pairs.length; ++i) {
            uint256 counted = uint16(_load(uint256(keccak256(abi.encode(uint256(pairs[i]), REFERENCES_SLOT)))));
            uint256 held = 0;
            for (uint32 meter = 1; meter <= METERS; ++meter) held += _holds(meter, pairs[i]);
            require(held != 0 && counted == held, "references of a pair");
            references += held;
        }
        uint256 limited = 0;
        for (uint32 meter = 1; meter <= METERS; ++meter) {
            DeviceState memory state = _state(meter);
            (, Settings memory queued) = neighbourhood.queuedSettings(meter);
            if (state.sharing && !state.community) ++limited;
            if (queued.sharing && !queued.community) ++limited;
        }
        // None is listed twice, none is missing.
        require(references == limited, "pairs of limits");
    }

    /// @notice No energy exists of days that were settled or late.
    function checkSharedDays(bool everyDay) external {
        vm.warp(clock);
        uint256 from = everyDay || _sharedDays.length < LAST_DAYS ? 0 : _sharedDays.length - LAST_DAYS;
        for (uint256 i = from; i < _sharedDays.length; ++i) {
            MeterDay memory at = _sharedDays[i];
            require(!_recorded[at.meter][at.day], "a shared day was recorded");
            // What expired reads as nothing anyway, and the arrays of years would fill the machine's memory.
            if (clock >= (uint256(at.day) + 1 + WINDOW_DAYS) * 1 days) continue;
            for (uint256 j = 0; j < ACTORS; ++j) {
                uint256[] memory balances = token.balanceOfRange(_actors[j], at.meter, at.day * 96, 96);
                require(_sum(balances) == 0, "tokens of a shared day");
            }
        }
    }

    /// @dev How often a meter has a pair: in force, queued or both.
    function _holds(uint32 meter, uint32 pair) private view returns (uint256 times) {
        DeviceState memory state = _state(meter);
        (, Settings memory queued) = neighbourhood.queuedSettings(meter);
        if (state.sharing && !state.community && _pair(state.askTicks, state.bidTicks) == pair) ++times;
        if (queued.sharing && !queued.community && _pair(queued.askTicks, queued.bidTicks) == pair) ++times;
    }

    function _pair(uint16 askTicks, uint16 bidTicks) private pure returns (uint32) {
        return (uint32(askTicks) << 16) | bidTicks;
    }

    function _load(uint256 slot) private view returns (uint256) {
        return uint256(vm.load(address(neighbourhood), bytes32(slot)));
    }

    function _count(uint256 bits) private pure returns (uint256 count) {
        for (; bits != 0; bits &= bits - 1) ++count;
    }
}
