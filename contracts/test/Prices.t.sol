// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Prices} from "../libraries/Prices.sol";
import {PlainPrices} from "./twins/PlainPrices.sol";

/// @notice Money rounds up, once per sum, so splitting a purchase is never cheaper.
contract PricesTest is Test {
    function test_fuzz_toBaseUnitsUp_equalsPlain(uint64 energyWh, uint16 ticks) external pure {
        assertEq(Prices.toBaseUnitsUp(energyWh, ticks), PlainPrices.toBaseUnitsUp(energyWh, ticks));
    }

    /// @dev By multiplication alone: the least number of base units that covers the tenths.
    function test_fuzz_toBaseUnitsUp_isTheCeiling(uint64 energyWh, uint16 ticks) external pure {
        uint256 tenths = uint256(energyWh) * ticks;
        uint256 paid = Prices.toBaseUnitsUp(energyWh, ticks);
        assertGe(paid * 10, tenths);
        if (tenths != 0) assertLt((paid - 1) * 10, tenths);
        else assertEq(paid, 0);
    }

    function test_fuzz_toBaseUnitsUp_splitIsNeverCheaper(uint64 wholeWh, uint64 partWh, uint16 ticks) external pure {
        partWh = uint64(bound(partWh, 0, wholeWh));
        uint256 split = Prices.toBaseUnitsUp(partWh, ticks) + Prices.toBaseUnitsUp(wholeWh - partWh, ticks);
        uint256 whole = Prices.toBaseUnitsUp(wholeWh, ticks);
        assertGe(split, whole);
        // Nor dearer than the rounding of one part.
        assertLe(split, whole + 1);
    }

    function test_toBaseUnitsUp_edges() external pure {
        assertEq(Prices.toBaseUnitsUp(1, 1), 1);
        assertEq(Prices.toBaseUnitsUp(10, 1), 1);
        assertEq(Prices.toBaseUnitsUp(11, 1), 2);
        assertEq(Prices.toBaseUnitsUp(1_000, 1_500), 150_000);
        assertEq(Prices.toBaseUnitsUp(type(uint64).max, type(uint16).max), 120890737287055546508903);
    }
}
