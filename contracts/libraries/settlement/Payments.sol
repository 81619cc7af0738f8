// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AuctionPrices} from "./AuctionPrices.sol";

/// @title Payments
/// @notice The money of one meter and day, and the list of it in the settlement's event.
/// @dev Plain twin: contracts/test/twins/PlainPayments.sol.
library Payments {
    /// @dev 1 Wh at 1 tick is a tenth of a base unit.
    int256 private constant SCALE = int256(10 << AuctionPrices.SCALE_BITS);
    uint256 private constant ENTRY_LENGTH = 12;

    /// @notice ceil((purchase - sale) x unitWh / (10 x 2^30)): rounded once, against the meter.
    /// @param purchase Meter units x ticks x 2^30, below 2^80.
    /// @param sale As above.
    /// @param unitWh 1, 10 or 100.
    /// @return payment What the meter pays, negative if it is paid.
    function toBaseUnits(uint256 purchase, uint256 sale, uint256 unitWh) internal pure returns (int256 payment) {
        // Invariant: below 2^87, so nothing overflows. Signed division rounds to zero, which is up for a negative sum.
        unchecked {
            int256 net = (int256(purchase) - int256(sale)) * int256(unitWh);
            return net > 0 ? (net + (SCALE - 1)) / SCALE : net / SCALE;
        }
    }

    /// @notice An empty list with room for `count` entries and a word to write over.
    function room(uint256 count) internal pure returns (bytes memory list) {
        list = new bytes(count * ENTRY_LENGTH + 32);
        assembly ("memory-safe") {
            mstore(list, 0)
        }
    }

    /// @notice Appends an entry: uint32 meter, int64 base units, big-endian. At most as often as there is room.
    /// @param payment Within an `int64`: money held at all is below 2^56.
    function push(bytes memory list, uint32 meter, int256 payment) internal pure {
        uint256 entry = (uint256(meter) << 64) | uint64(uint256(payment));
        // Invariant: the entry's twenty zero bytes behind it stay within the room, and the next entry covers them.
        assembly ("memory-safe") {
            let length := mload(list)
            mstore(add(add(list, 0x20), length), shl(160, entry))
            mstore(list, add(length, ENTRY_LENGTH))
        }
    }
}
