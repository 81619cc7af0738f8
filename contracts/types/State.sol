// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MeterWord} from "../libraries/MeterWords.sol";
import {Custody, EnergySource, KeyType, MeterKind} from "./Meters.sol";
import {MarketState} from "./Settlement.sol";

/// @dev Days whose remaining imports a meter keeps.
uint256 constant RING_DAYS = 32;

/// @dev One slot.
struct Member {
    bool admitted;
    uint32 meters; // how many the member owns
}

/// @dev What recording and settling never read; owner and unit are the token's.
struct MeterFacts {
    // slot 0
    address device; // current, or the last one when revoked
    MeterKind kind;
    EnergySource source;
    Custody custody;
    KeyType keyType;
    uint16 capUnits; // for the first device; afterwards its word has the cap
    bool closed; // takes no device any more
    bool barred; // the governor ended its sharing, and has not allowed it again
    uint32 revokedInWindowOf; // the device was revoked while this day was announced: it still counts there; else 0
    // slot 1
    bytes32 place;
}

/// @dev Settings from a day on. One slot.
struct QueuedSettings {
    uint32 effectiveDay; // 0: none
    bool sharing;
    bool community;
    uint8 seat; // reserved for the meter, if it will share
    uint16 askTicks;
    uint16 bidTicks;
}

/// @dev A device from a day on. One slot.
struct QueuedDevice {
    address device;
    uint32 effectiveDay; // 0: none
    KeyType keyType;
    Custody custody;
}

/// @dev The pairs of limits in force or queued, besides the community price.
struct LimitClasses {
    uint32[] pairs; // ask x 2^16 + bid; at most 31
    mapping(uint32 pair => uint16) references; // meters that have the pair, in force or queued
    mapping(uint32 pair => uint8) places; // index in `pairs` + 1; 0: not there
}

/// @dev One slot.
struct Treasury {
    uint64 balanceBaseUnits;
    uint64 heldBaseUnits; // accounts + prepaid balances + treasury
    uint16 sharingMeters; // seats taken, in force or reserved
    uint16 p256Meters; // of those, meters whose device, in force or queued, is P-256
}

/// @notice All storage of a neighbourhood, so that linked libraries can hold its cold paths.
struct NeighbourhoodState {
    mapping(address device => MeterWord) words;
    mapping(uint32 meter => MeterFacts) facts;
    mapping(uint32 meter => bytes32[RING_DAYS]) remainingImports;
    mapping(address account => Member) members;
    mapping(address account => uint256) accountsBaseUnits;
    mapping(uint32 meter => QueuedSettings) queuedSettings;
    mapping(uint32 meter => QueuedDevice) queuedDevices;
    LimitClasses classes;
    MarketState market; // one slot
    uint256 announced; // bitmap of seats
    uint256 forced; // bitmap of seats, of the last announced day
    // over the forced profiles in their order, from 0: h = keccak256(h, digest, device); a digest names no device
    bytes32 forcedHash;
    uint256 seatsInForce; // bitmap: meters that share now
    uint256 seatsTaken; // bitmap: those, and the reserved ones
    Treasury treasury;
}
