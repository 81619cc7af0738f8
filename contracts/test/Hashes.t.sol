// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {OfferHash} from "../libraries/OfferHash.sol";
import {RetirementHash} from "../libraries/RetirementHash.sol";
import {Offer} from "../types/Offers.sol";
import {EnergyRange, Retirement} from "../types/Profiles.sol";
import {PlainOfferHash} from "./twins/PlainOfferHash.sol";
import {PlainRetirementHash} from "./twins/PlainRetirementHash.sol";

/// @notice Struct hashes follow EIP-712 by the book.
contract HashesTest is Test {
    struct Ends {
        uint32 meter;
        uint32 firstInterval;
    }

    /// @dev What is allocated afterwards must not be touched by the scratch of the hash.
    function hashOffer(bytes calldata, Offer calldata offer) external pure returns (bytes32 digest, uint256 after_) {
        digest = OfferHash.hash(offer);
        uint256[] memory fresh = new uint256[](12);
        for (uint256 i = 0; i < 12; ++i) after_ |= fresh[i];
    }

    function hashRetirement(
        Retirement calldata retirement,
        uint256 nonce,
        uint256 deadline
    ) external pure returns (bytes32) {
        return RetirementHash.hash(retirement, nonce, deadline);
    }

    function test_fuzz_offerHash_equalsPlain(Offer calldata offer, bytes calldata noise) external view {
        (bytes32 digest, uint256 after_) = this.hashOffer(noise, offer);
        assertEq(digest, PlainOfferHash.hash(offer));
        assertEq(after_, 0);
    }

    function test_fuzz_retirementHash_equalsPlain(
        Ends[3] calldata ends,
        uint8[3] calldata counts,
        bytes calldata remainingImports,
        uint256 nonce,
        uint256 deadline
    ) external view {
        Retirement memory retirement;
        (retirement.meter, retirement.day) = (ends[0].firstInterval, ends[1].firstInterval);
        retirement.remainingImports = remainingImports;
        retirement.ranges = new EnergyRange[](nonce % 4);
        for (uint256 i = 0; i < retirement.ranges.length; ++i) {
            retirement.ranges[i].meter = ends[i].meter;
            retirement.ranges[i].firstInterval = ends[i].firstInterval;
            retirement.ranges[i].energyWh = new uint32[](counts[i] % 97);
            for (uint256 j = 0; j < retirement.ranges[i].energyWh.length; ++j) {
                retirement.ranges[i].energyWh[j] = uint32(uint256(keccak256(abi.encode(deadline, i, j))));
            }
        }
        assertEq(
            this.hashRetirement(retirement, nonce, deadline),
            PlainRetirementHash.hash(retirement, nonce, deadline)
        );
    }

    function test_retirementHash_withoutRanges_andWithEmptyOnes() external view {
        Retirement memory retirement = Retirement(1, 2, new bytes(192), new EnergyRange[](0));
        assertEq(this.hashRetirement(retirement, 3, 4), PlainRetirementHash.hash(retirement, 3, 4));
        retirement.ranges = new EnergyRange[](2);
        assertEq(this.hashRetirement(retirement, 3, 4), PlainRetirementHash.hash(retirement, 3, 4));
    }
}
