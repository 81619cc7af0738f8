// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice How a meter trades, and within which limits.
struct Settings {
    bool sharing; // true: the automatic day settlement; false: by hand, with energy tokens
    bool community; // sharing at the community price of each day; the two limits must then be 0
    uint16 askTicks; // lowest price at which the meter's export is sold
    uint16 bidTicks; // highest price, network charge included, at which the meter's import is bought
}

/// @notice Prices the neighbourhood sets for a day. Their sum is at most 65,535, so that every bid is a `uint16`.
struct Tariff {
    uint16 communityPriceTicks; // ask of meters at the community price; their bid is this plus the network charge
    uint16 networkChargeTicks; // added to the buyer's price of every settled kWh
}

/// @notice What a neighbourhood is deployed with, besides its authority and device registry.
struct Terms {
    address currency; // ERC-20 with 6 decimals, in which the day settlement pays
    uint16 retirementWindowDays; // 1 to 30
    uint32 closingWindowSeconds; // 2 to 6 hours: how long an announced day may be settled
    Tariff tariff; // in force from the day of deployment
}

/// @notice What the settler says of the 96 auctions of a day. The contract accepts exactly one price, volume and payment
/// vector for a given set of profiles: see docs/mechanism.md.
struct Claims {
    bytes prices; // 384 bytes: 96 x (uint16 low, uint16 high), big-endian, ticks; without trade both are the witness
    uint256 sides; // two bits per interval, interval 0 lowest: see `Side`
    bytes effective; // 768 bytes: 96 x uint64, big-endian: effective price of the side that shares, ticks x 2^30; else 0
}

/// @notice Which orders at the price of an interval are filled in part.
enum Side {
    NoTrade, // no volume; low = high = a price at which supply and demand do not meet
    AllFill, // every order at least as good as the price is filled wholly
    SellersShare, // low = high: exports asked at the price share what the better ones leave
    BuyersShare // low = high: imports bid at the price share what the better ones leave
}

/// @notice Why a meter of an announced day takes no part in its settlement.
enum SkipReason {
    DayConsumed, // its word says that the day is consumed, or closed by a rebase or by moving in
    DeviceRevoked, // its device was revoked before the window opened
    NotSharing, // it stopped sharing with effect from this day or an earlier one
    ProfileUnfit // the profile its device signed does not continue its registers or breaks a bound of its word
}

/// @notice The closing window of the last announced day, and the tariff: everything the settlement reads besides words.
struct MarketState {
    uint32 day; // last announced day; every earlier one is settled or void
    uint40 openedAt; // when it was announced, unix seconds
    uint40 settledAt; // when it was settled; 0: not yet, or void
    bool paused; // nothing is announced, settled, deposited or moved to a meter
    uint16 forcedCount; // profiles forced into the window
    uint16 communityPriceTicks; // before `tariffDay`
    uint16 networkChargeTicks; // before `tariffDay`
    uint16 nextCommunityPriceTicks; // from `tariffDay` on
    uint16 nextNetworkChargeTicks; // from `tariffDay` on
    uint32 tariffDay; // 0: no change is queued
}
