// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Payments} from "../libraries/settlement/Payments.sol";
import {PlainPayments} from "./twins/PlainPayments.sol";

/// @notice Payments are rounded up once, whoever pays, and their list is the packed list.
contract PaymentsTest is Test {
    uint256 private constant SCALE = PlainPayments.SCALE;

    function test_fuzz_toBaseUnits_equalsPlain(uint80 purchase, uint80 sale, uint8 exponent) external pure {
        _assert(purchase, sale, 10 ** (exponent % 3));
    }

    /// @dev A base unit and its edges: what is just not, just, and just more than a whole number.
    function test_fuzz_toBaseUnits_aroundWholeNumbers(uint32 whole, uint80 base, uint8 exponent) external pure {
        uint256 unitWh = 10 ** (exponent % 3);
        uint256 tenth = SCALE / 10;
        uint256 net = (uint256(whole) * SCALE) / unitWh;
        for (uint256 delta = 0; delta < 3; ++delta) {
            _assert(uint256(base) / 2 + net + delta, uint256(base) / 2 + 1, unitWh);
            _assert(uint256(base) / 2 + 1, uint256(base) / 2 + net + delta, unitWh);
            _assert(net + delta * tenth, 0, unitWh);
            _assert(0, net + delta * tenth, unitWh);
        }
    }

    function test_toBaseUnits_roundsUpForBothSigns() external pure {
        assertEq(Payments.toBaseUnits(0, 0, 1), 0);
        assertEq(Payments.toBaseUnits(1, 0, 1), 1);
        assertEq(Payments.toBaseUnits(SCALE, 0, 1), 1);
        assertEq(Payments.toBaseUnits(SCALE + 1, 0, 1), 2);
        assertEq(Payments.toBaseUnits(0, 1, 1), 0);
        assertEq(Payments.toBaseUnits(0, SCALE - 1, 1), 0);
        assertEq(Payments.toBaseUnits(0, SCALE, 1), -1);
        assertEq(Payments.toBaseUnits(0, SCALE + 1, 1), -1);
        assertEq(Payments.toBaseUnits(0, 2 * SCALE, 1), -2);
        // The unit multiplies before the rounding.
        assertEq(Payments.toBaseUnits(SCALE / 10 + 1, 0, 10), 2);
        assertEq(Payments.toBaseUnits(0, SCALE / 5, 10), -2);
        assertEq(Payments.toBaseUnits(0, SCALE / 5 - 1, 10), -1);
        assertEq(Payments.toBaseUnits(SCALE / 50, 0, 100), 2);
        assertEq(Payments.toBaseUnits(SCALE / 50 + 1, 0, 100), 3);
    }

    function test_toBaseUnits_ofTheDearestDay() external pure {
        uint256 most = 96 * 32_767 * 65_535 * 2 ** 30;
        _assert(most, 0, 100);
        _assert(0, most, 100);
        assertEq(Payments.toBaseUnits(most, 0, 100), int256(uint256(96 * 32_767) * 65_535 * 10));
    }

    /// @dev Memory taken after the list stays as it is; what a profile-sized room holds is exactly its entries.
    function test_fuzz_push_isThePackedList(uint32[] calldata meters, uint256 seed) external pure {
        uint256 count = meters.length % 40;
        uint32[] memory kept = new uint32[](count);
        int64[] memory amounts = new int64[](count);
        bytes memory list = Payments.room(count);
        assertEq(list.length, 0);
        uint256[] memory behind = new uint256[](2);
        (behind[0], behind[1]) = (type(uint256).max, seed);
        for (uint256 i = 0; i < count; ++i) {
            kept[i] = meters[i];
            amounts[i] = _amount(seed, i);
            Payments.push(list, kept[i], amounts[i]);
        }
        assertEq(list, PlainPayments.list(kept, amounts));
        assertEq(behind.length, 2);
        assertEq(behind[0], type(uint256).max);
        assertEq(behind[1], seed);
    }

    function _amount(uint256 seed, uint256 i) private pure returns (int64) {
        uint256 random = uint256(keccak256(abi.encode(seed, i)));
        if (random % 5 == 0) return 0;
        if (random % 5 == 1) return -1;
        if (random % 5 == 2) return type(int64).max;
        if (random % 5 == 3) return type(int64).min;
        return int64(uint64(random >> 8));
    }

    function _assert(uint256 purchase, uint256 sale, uint256 unitWh) private pure {
        assertEq(Payments.toBaseUnits(purchase, sale, unitWh), PlainPayments.toBaseUnits(purchase, sale, unitWh));
    }
}
