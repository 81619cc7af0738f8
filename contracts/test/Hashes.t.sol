// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Offer} from "../types/Offers.sol";
import {OfferHash} from "../libraries/OfferHash.sol";

/// @notice Struct hashes follow EIP-712 by the book.
contract HashesTest is Test {
    function hashOffer(Offer calldata offer) external pure returns (bytes32) {
        return OfferHash.hash(offer);
    }

    function test_hashOffer_isNotZero() external view {
        Offer memory offer;
        assertNotEq(this.hashOffer(offer), 0);
    }
}
