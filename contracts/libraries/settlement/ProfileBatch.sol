// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {P256Devices} from "../P256Devices.sol";

/// @notice One profile of a batch, unpacked, and where the next one begins.
struct BatchProfile {
    uint256 importRegister; // below 2^48
    uint256 exportRegister; // below 2^48
    uint256 quality;
    uint256 intervals; // position in memory of the 384 bytes, until the next profile is read
    uint256 next; // position behind this profile
    bytes32 digest; // EIP-712, what the device signed
    address device; // who signed; zero if nobody did
}

/// @title ProfileBatch
/// @notice Reads the packed profiles of a settlement and recovers the devices that signed them.
/// @dev Layout: see `ISettlement.settleDay`. Reading beyond the end of the batch yields other calldata, which no device
/// signed; the caller checks in the end that the batch ended where it should.
/// Plain twin: contracts/test/twins/PlainProfileBatch.sol.
library ProfileBatch {
    /// @notice Bytes in front of the profiles of a class.
    uint256 internal constant CLASS_LENGTH = 7;
    /// @notice Bytes of the shortest profile.
    uint256 internal constant PROFILE_LENGTH = 461;

    uint256 private constant INTERVALS_AT = 77;
    uint256 private constant INTERVALS_LENGTH = 384;
    uint256 private constant INTERVALS_OFFSET = 0x120;
    uint256 private constant REGISTER_MASK = (1 << 48) - 1;
    uint256 private constant S_MASK = (1 << 255) - 1;
    uint256 private constant P256_FLAG = 1;
    uint256 private constant QUALITY_FLAG = 2;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice Memory in which digests are made: the struct's six words, then prefix, domain and struct hash; behind them
    /// the intervals.
    /// @param day Of all profiles of the batch.
    function prepare(bytes32 typehash, uint256 day, bytes32 domainSeparator) internal pure returns (uint256 buffer) {
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(0x40, add(buffer, 0x2a0))
            mstore(buffer, typehash)
            mstore(add(buffer, 0x20), day)
            mstore(add(buffer, 0xc0), shl(240, 0x1901))
            mstore(add(buffer, 0xc2), domainSeparator)
        }
    }

    /// @notice The profile at a position.
    /// @param buffer What `prepare` returned.
    function read(BatchProfile memory profile, uint256 position, uint256 buffer) internal view {
        unchecked {
            uint256 head = _word(position);
            uint256 flags = head >> 248;
            profile.importRegister = (head >> 200) & REGISTER_MASK;
            profile.exportRegister = (head >> 152) & REGISTER_MASK;
            uint256 next = position + PROFILE_LENGTH;
            uint256 quality = 0;
            if (flags & QUALITY_FLAG != 0) {
                quality = _word(next) >> 64;
                next += 24;
            }
            profile.quality = quality;
            profile.intervals = buffer + INTERVALS_OFFSET;
            bytes32 digest = _digest(
                buffer,
                profile.importRegister,
                profile.exportRegister,
                quality,
                position + INTERVALS_AT
            );
            profile.digest = digest;
            bytes32 r = bytes32(_word(position + 13));
            uint256 s = _word(position + 45);
            if (flags & P256_FLAG != 0) {
                bytes32 x = bytes32(_word(next));
                bytes32 y = bytes32(_word(next + 32));
                next += 64;
                profile.device =
                    P256Devices.isValid(digest, r, bytes32(s), x, y) ? P256Devices.addressOf(x, y) : address(0);
            } else {
                profile.device = _recover(digest, r, s);
            }
            profile.next = next;
        }
    }

    /// @notice Eight intervals in 32-bit lanes, import above export, the earliest highest.
    /// @param index 0 to 11.
    function eightAt(BatchProfile memory profile, uint256 index) internal pure returns (uint256 word) {
        uint256 intervals = profile.intervals;
        assembly ("memory-safe") {
            word := mload(add(intervals, shl(5, index)))
        }
    }

    function _digest(
        uint256 buffer,
        uint256 importRegister,
        uint256 exportRegister,
        uint256 quality,
        uint256 position
    ) private pure returns (bytes32 digest) {
        // Invariant: `prepare` reserved the buffer and wrote what all profiles share.
        assembly ("memory-safe") {
            let intervals := add(buffer, INTERVALS_OFFSET)
            calldatacopy(intervals, position, INTERVALS_LENGTH)
            mstore(add(buffer, 0x40), importRegister)
            mstore(add(buffer, 0x60), exportRegister)
            mstore(add(buffer, 0x80), quality)
            mstore(add(buffer, 0xa0), keccak256(intervals, INTERVALS_LENGTH))
            mstore(add(buffer, 0xe2), keccak256(buffer, 0xc0))
            digest := keccak256(add(buffer, 0xc0), 0x42)
        }
    }

    /// @dev Zero if nothing recovers or s is high.
    function _recover(bytes32 digest, bytes32 r, uint256 compactS) private view returns (address signer) {
        uint256 s = compactS & S_MASK;
        if (s > HALF_ORDER) return address(0);
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            mstore(add(input, 0x20), add(27, shr(255, compactS)))
            mstore(add(input, 0x40), r)
            mstore(add(input, 0x60), s)
            mstore(0, 0)
            // Empty output, when nothing recovers, leaves the zero.
            pop(staticcall(gas(), 1, input, 0x80, 0, 0x20))
            signer := mload(0)
        }
    }

    function _word(uint256 position) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(position)
        }
    }
}
