// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Offer} from "../../types/Offers.sol";

/// @title PlainOfferHash
/// @notice Readable twin of `OfferHash`: EIP-712 by the book.
library PlainOfferHash {
    function hash(Offer memory offer) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "Offer(address seller,address token,uint32 meter,uint32 firstInterval,uint32 lastInterval,uint16 priceTicks,uint64 expiry,uint64 nonce,address buyer,uint64 maxWh)"
                    ),
                    offer.seller,
                    offer.token,
                    offer.meter,
                    offer.firstInterval,
                    offer.lastInterval,
                    offer.priceTicks,
                    offer.expiry,
                    offer.nonce,
                    offer.buyer,
                    offer.maxWh
                )
            );
    }
}
