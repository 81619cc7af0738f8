// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISharing} from "../interfaces/ISharing.sol";
import {KeyType} from "../types/Meters.sol";
import {NeighbourhoodState, Treasury} from "../types/State.sol";

/// @title Seats
/// @notice The 256 bits of an announcement and who has them. A seat is taken when sharing is queued and free when it has
/// ended, so that a meter that is to share always fits; how many fit is what one transaction can carry.
library Seats {
    uint256 internal constant MAX_SEATS = 256;
    /// @dev The longest profile in a settlement: with quality, signed by secp256k1, and a class header of its own, which
    /// profiles forced in turn from several classes need.
    uint256 internal constant PROFILE_BYTES = 492;
    /// @dev The same with a P-256 signature, which brings its key along.
    uint256 internal constant P256_PROFILE_BYTES = 556;
    /// @dev Of the 131,072 bytes that nodes relay; the rest is for claims and the envelope.
    uint256 internal constant LIMIT_BYTES = 129_300;

    /// @notice Whether a meter's profiles may come with a P-256 signature, now or when its queued device is in force.
    function mayUseP256(NeighbourhoodState storage state, uint32 meter) internal view returns (bool) {
        return state.facts[meter].keyType == KeyType.P256 || state.queuedDevices[meter].keyType == KeyType.P256;
    }

    /// @notice Takes the lowest free seat.
    function take(NeighbourhoodState storage state, bool p256) internal returns (uint8 seat) {
        Treasury storage counts = state.treasury;
        uint256 sharingMeters = uint256(counts.sharingMeters) + 1;
        uint256 p256Meters = uint256(counts.p256Meters) + (p256 ? 1 : 0);
        _requireFit(sharingMeters, p256Meters);

        uint256 taken = state.seatsTaken;
        while ((taken >> seat) & 1 != 0) ++seat;
        state.seatsTaken = taken | (1 << seat);
        counts.sharingMeters = uint16(sharingMeters);
        counts.p256Meters = uint16(p256Meters);
    }

    /// @notice Gives a seat back.
    function free(NeighbourhoodState storage state, uint8 seat, bool p256) internal {
        Treasury storage counts = state.treasury;
        state.seatsTaken &= ~(1 << seat);
        --counts.sharingMeters;
        if (p256) --counts.p256Meters;
    }

    /// @notice Counts a meter that has a seat anew after its device or queued device changed.
    function recount(NeighbourhoodState storage state, bool before, bool p256) internal {
        if (before == p256) return;
        Treasury storage counts = state.treasury;
        uint256 p256Meters = p256 ? uint256(counts.p256Meters) + 1 : uint256(counts.p256Meters) - 1;
        _requireFit(counts.sharingMeters, p256Meters);

        counts.p256Meters = uint16(p256Meters);
    }

    function _requireFit(uint256 sharingMeters, uint256 p256Meters) private pure {
        uint256 settlementBytes = PROFILE_BYTES * (sharingMeters - p256Meters) + P256_PROFILE_BYTES * p256Meters;
        require(
            sharingMeters <= MAX_SEATS && settlementBytes <= LIMIT_BYTES,
            ISharing.NeighbourhoodFull(sharingMeters, settlementBytes, LIMIT_BYTES)
        );
    }
}
