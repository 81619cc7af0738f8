// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title P256Devices
/// @notice Devices that sign with P-256, as phones and secure elements do: their address, and their signatures.
/// @dev Plain twin: contracts/test/twins/PlainP256Devices.sol.
library P256Devices {
    /// @notice Bytes of a signature with its key: r, s, x, y.
    uint256 internal constant LENGTH = 128;

    /// @dev Half the order of the curve, rounded down.
    uint256 private constant HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;
    /// @dev P256VERIFY (EIP-7951).
    uint256 private constant PRECOMPILE = 0x100;

    /// @notice The address of a public key: the last 20 bytes of keccak256(0x01 || x || y).
    function addressOf(bytes32 x, bytes32 y) internal pure returns (address device) {
        // What lies behind the free memory pointer is not kept.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 0x01)
            mstore(add(buffer, 1), x)
            mstore(add(buffer, 33), y)
            device := and(keccak256(buffer, 65), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice Whether the key signed the digest. Only the lower of the two valid s counts.
    function isValid(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (bool valid) {
        if (uint256(s) > HALF_ORDER) return false;
        // The precompile answers 1 as a word, or nothing at all: then the scratch space keeps its zero. What lies behind the
        // free memory pointer is not kept.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, digest)
            mstore(add(buffer, 32), r)
            mstore(add(buffer, 64), s)
            mstore(add(buffer, 96), x)
            mstore(add(buffer, 128), y)
            mstore(0x00, 0)
            let answered := staticcall(gas(), PRECOMPILE, buffer, 160, 0x00, 32)
            valid := and(and(answered, eq(returndatasize(), 32)), eq(mload(0x00), 1))
        }
    }

    /// @notice The device that signed a digest; zero if none did.
    /// @param signature `LENGTH` bytes: the caller has checked the length.
    function recover(bytes32 digest, bytes calldata signature) internal view returns (address) {
        bytes32 x = bytes32(signature[64:96]);
        bytes32 y = bytes32(signature[96:128]);
        bool valid = isValid(digest, bytes32(signature[0:32]), bytes32(signature[32:64]), x, y);
        return valid ? addressOf(x, y) : address(0);
    }
}
