// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Places
/// @notice Labels of places of delivery: 1 to 32 printable ASCII characters, then zeros.
library Places {
    bytes1 private constant FIRST_PRINTABLE = 0x20;
    bytes1 private constant LAST_PRINTABLE = 0x7e;

    function isValid(bytes32 place) internal pure returns (bool) {
        uint256 length = 0;
        while (length < 32 && place[length] >= FIRST_PRINTABLE && place[length] <= LAST_PRINTABLE) ++length;
        // What follows the text is all zeros.
        return length > 0 && (length == 32 || uint256(place << (8 * length)) == 0);
    }
}
