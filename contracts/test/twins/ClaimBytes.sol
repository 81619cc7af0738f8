// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PlainClaim} from "./PlainAuction.sol";

/// @title ClaimBytes
/// @notice The claims of a day as bytes, interval by interval.
library ClaimBytes {
    function encode(
        PlainClaim[96] memory claims
    ) internal pure returns (bytes memory prices, uint256 sides, bytes memory effective) {
        prices = new bytes(384);
        effective = new bytes(768);
        for (uint256 i = 0; i < 96; ++i) {
            _put(prices, 4 * i, claims[i].low, 2);
            _put(prices, 4 * i + 2, claims[i].high, 2);
            _put(effective, 8 * i, claims[i].effective, 8);
            sides += claims[i].side * 4 ** i;
        }
    }

    function _put(bytes memory out, uint256 position, uint256 value, uint256 length) private pure {
        for (uint256 i = 0; i < length; ++i) out[position + i] = bytes1(uint8(value >> (8 * (length - 1 - i))));
    }
}
