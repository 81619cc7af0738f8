// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {P256Devices} from "../libraries/P256Devices.sol";
import {PlainP256Devices} from "./twins/PlainP256Devices.sol";

/// @notice P-256 devices have the address of their key, and sign with the lower s.
contract P256DevicesTest is Test {
    uint256 private constant ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;

    function recover(bytes32 digest, bytes calldata signature) external view returns (address) {
        return P256Devices.recover(digest, signature);
    }

    function test_fuzz_addressOf_isTheTwins(bytes32 x, bytes32 y) external pure {
        assertEq(P256Devices.addressOf(x, y), PlainP256Devices.addressOf(x, y));
    }

    function test_fuzz_recover_namesTheKeyThatSigned(uint256 seed, bytes32 digest) external view {
        (bytes32 r, bytes32 s, bytes32 x, bytes32 y) = _sign(seed, digest);
        address device = PlainP256Devices.addressOf(x, y);
        assertEq(this.recover(digest, abi.encode(r, s, x, y)), device);
        assertTrue(P256Devices.isValid(digest, r, s, x, y));
        assertTrue(PlainP256Devices.isValid(digest, r, s, x, y));
    }

    function test_fuzz_recover_namesNobodyForTheUpperS(uint256 seed, bytes32 digest) external view {
        (bytes32 r, bytes32 s, bytes32 x, bytes32 y) = _sign(seed, digest);
        assertEq(this.recover(digest, abi.encode(r, ORDER - uint256(s), x, y)), address(0));
    }

    /// @dev One bit of digest, signature or key flipped.
    function test_fuzz_isValid_isTheTwins(uint256 seed, bytes32 digest, uint8 part, uint8 bit) external view {
        (bytes32 r, bytes32 s, bytes32 x, bytes32 y) = _sign(seed, digest);
        bytes32[5] memory parts = [digest, r, s, x, y];
        parts[part % 5] ^= bytes32(uint256(1) << bit);
        bool expected = PlainP256Devices.isValid(parts[0], parts[1], parts[2], parts[3], parts[4]);
        assertFalse(expected);
        assertEq(P256Devices.isValid(parts[0], parts[1], parts[2], parts[3], parts[4]), expected);
    }

    /// @dev Of two results in a row the second is its own, whatever the scratch space held.
    function test_fuzz_isValid_forgetsTheOneBefore(uint256 seed, bytes32 digest, bytes32 other) external view {
        vm.assume(digest != other);
        (bytes32 r, bytes32 s, bytes32 x, bytes32 y) = _sign(seed, digest);
        assertTrue(P256Devices.isValid(digest, r, s, x, y));
        assertFalse(P256Devices.isValid(other, r, s, x, y));
        assertTrue(P256Devices.isValid(digest, r, s, x, y));
    }

    function _sign(uint256 seed, bytes32 digest) private pure returns (bytes32 r, bytes32 s, bytes32 x, bytes32 y) {
        uint256 key = bound(seed, 1, ORDER - 1);
        (uint256 keyX, uint256 keyY) = vm.publicKeyP256(key);
        (r, s) = vm.signP256(key, digest);
        if (uint256(s) > ORDER / 2) s = bytes32(ORDER - uint256(s));
        return (r, s, bytes32(keyX), bytes32(keyY));
    }
}
