// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a seller signs to let others buy. EIP-712, in the domain of the marketplace.
struct Offer {
    address seller;
    address token; // the neighbourhood's EnergyToken
    uint32 meter; // the meter that exported the energy
    uint32 firstInterval; // first interval on offer
    uint32 lastInterval; // last interval on offer, inclusive
    uint16 priceTicks; // 0.0001 currency units per kWh, to the seller
    uint64 expiry; // unix seconds; the offer holds while block.timestamp < expiry
    uint64 nonce; // chosen by the seller, one per offer; see `cancel` and `cancelAll`
    address buyer; // zero: anyone
    uint64 maxWh; // 0: all the seller holds in the range, only for the owner of the meter
}

/// @notice One purchase out of an offer: part or all of it, over contiguous intervals.
struct Fill {
    Offer offer;
    bytes signature; // the seller's: 65 bytes, or what the seller's contract wallet accepts (ERC-1271)
    uint32 firstInterval; // within the offer's range
    uint32[] energyWh; // energyWh[i] from interval firstInterval + i; zeros allowed, not all zero
}

/// @notice ERC-2612 permit for the payment currency, so that approving needs no transaction of its own.
struct CurrencyPermit {
    uint256 valueBaseUnits;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}
