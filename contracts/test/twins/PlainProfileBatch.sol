// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A profile as it is written into a batch.
struct PlainProfile {
    uint48 importRegister;
    uint48 exportRegister;
    uint192 quality;
    bool withQuality; // a vector of zeros may be written or left out
    bytes intervals; // 384 bytes
    bytes32 r;
    uint256 s;
    uint8 v; // 27 or 28; 0 with `p256`
    bool p256;
    bytes32 x;
    bytes32 y;
}

/// @title PlainProfileBatch
/// @notice Readable twin of `ProfileBatch`: bytes by concatenation, digests by the text of EIP-712.
library PlainProfileBatch {
    function encode(PlainProfile memory profile) internal pure returns (bytes memory out) {
        uint256 flags = (profile.p256 ? 1 : 0) + (profile.withQuality ? 2 : 0);
        uint256 s = profile.s + (profile.v == 28 ? 2 ** 255 : 0);
        out = abi.encodePacked(uint8(flags), profile.importRegister, profile.exportRegister, profile.r, s);
        out = abi.encodePacked(out, profile.intervals);
        if (profile.withQuality) out = abi.encodePacked(out, profile.quality);
        if (profile.p256) out = abi.encodePacked(out, profile.x, profile.y);
    }

    function digest(PlainProfile memory profile, uint32 day, bytes32 separator) internal pure returns (bytes32) {
        bytes32 typehash = keccak256(
            "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)"
        );
        bytes32 content = keccak256(
            abi.encode(
                typehash,
                day,
                uint64(profile.importRegister),
                uint64(profile.exportRegister),
                uint256(profile.quality),
                keccak256(profile.intervals)
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", separator, content));
    }

    function addressOf(bytes32 x, bytes32 y) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(uint8(1), x, y)))));
    }
}
