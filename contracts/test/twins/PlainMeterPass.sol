// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PlainDayLanes} from "./PlainDayLanes.sol";

/// @notice A class as plain vectors, an entry per interval.
struct PlainClass {
    uint256[96] sell; // price to its sellers, ticks x 2^30
    uint256[96] buy; // price to its buyers, ticks x 2^30
    uint256[96] imports; // meter units so far
    uint256[96] exports; // meter units so far
}

/// @title PlainMeterPass
/// @notice Readable twin of `MeterPass`: one interval at a time.
library PlainMeterPass {
    function purchaseAndSale(
        bytes memory intervals,
        PlainClass memory class
    ) internal pure returns (uint256 purchase, uint256 sale) {
        for (uint256 i = 0; i < 96; ++i) {
            purchase += PlainDayLanes.importAt(intervals, i) * class.buy[i];
            sale += PlainDayLanes.exportAt(intervals, i) * class.sell[i];
        }
    }

    function add(bytes memory intervals, PlainClass memory class) internal pure {
        for (uint256 i = 0; i < 96; ++i) {
            class.imports[i] += PlainDayLanes.importAt(intervals, i);
            class.exports[i] += PlainDayLanes.exportAt(intervals, i);
        }
    }

    function remove(bytes memory intervals, PlainClass memory class, bool exportsToo) internal pure {
        for (uint256 i = 0; i < 96; ++i) {
            class.imports[i] -= PlainDayLanes.importAt(intervals, i);
            if (exportsToo) class.exports[i] -= PlainDayLanes.exportAt(intervals, i);
        }
    }
}
