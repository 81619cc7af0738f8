// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Offer} from "../types/Offers.sol";

/// @title OfferHash
/// @notice EIP-712 struct hash of an offer.
library OfferHash {
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(address seller,address token,uint32 meter,uint32 firstInterval,uint32 lastInterval,"
        "uint16 priceTicks,uint64 expiry,uint64 nonce,address buyer,uint64 maxWh)"
    );

    function hash(Offer calldata offer) internal pure returns (bytes32) {
        return keccak256(abi.encode(OFFER_TYPEHASH, offer));
    }
}
