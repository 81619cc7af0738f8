// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Offer} from "../types/Offers.sol";

/// @title OfferHash
/// @notice EIP-712 struct hash of an offer.
/// @dev Plain twin: contracts/test/twins/PlainOfferHash.sol.
library OfferHash {
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(address seller,address token,uint32 meter,uint32 firstInterval,uint32 lastInterval,"
        "uint16 priceTicks,uint64 expiry,uint64 nonce,address buyer,uint64 maxWh)"
    );

    function hash(Offer calldata offer) internal pure returns (bytes32 digest) {
        bytes32 typehash = OFFER_TYPEHASH;
        // Invariant: an offer is ten static words in calldata, which is also how EIP-712 encodes them. Bits beyond a
        // field's type enter the hash as they are and make any later read of that field revert.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, typehash)
            calldatacopy(add(buffer, 0x20), offer, 0x140)
            digest := keccak256(buffer, 0x160)
        }
    }
}
