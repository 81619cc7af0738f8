// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BatchProfile, ProfileBatch} from "../libraries/settlement/ProfileBatch.sol";
import {PlainProfile, PlainProfileBatch} from "./twins/PlainProfileBatch.sol";

/// @notice Packed profiles read back as what was written, by the device that signed them.
contract ProfileBatchTest is Test {
    using PlainProfileBatch for PlainProfile;

    bytes32 private constant TYPEHASH = keccak256(
        "DayProfile(uint32 day,uint64 importRegister,uint64 exportRegister,uint256 quality,bytes32 intervals)"
    );
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint32 private constant DAY = 20_000;

    /// @notice The profiles one after the other, each with its digest; positions count from the batch's first byte.
    /// @dev What is allocated afterwards must not be touched by the scratch of a digest. For where the intervals lie stands
    /// the hash of what lies there, since the next profile takes their place.
    function read(
        bytes calldata,
        bytes calldata batch,
        bytes calldata,
        uint256 count,
        uint32 day,
        bytes32 separator
    ) external view returns (BatchProfile[] memory profiles, uint256[] memory behind) {
        uint256 start;
        assembly ("memory-safe") {
            start := batch.offset
        }
        profiles = new BatchProfile[](count);
        uint256 buffer = ProfileBatch.prepare(TYPEHASH, day, separator);
        behind = new uint256[](3);
        uint256 position = start;
        for (uint256 i = 0; i < count; ++i) {
            ProfileBatch.read(profiles[i], position, buffer);
            position = profiles[i].next;
            profiles[i].next -= start;
            profiles[i].intervals = _hashAt(profiles[i].intervals);
        }
    }

    function eightAt(bytes memory intervals, uint256 index) external pure returns (uint256) {
        BatchProfile memory profile;
        uint256 position;
        assembly ("memory-safe") {
            position := add(intervals, 0x20)
        }
        profile.intervals = position;
        return ProfileBatch.eightAt(profile, index);
    }

    function test_fuzz_read_equalsPlain(uint256 seed, uint32 day, bytes32 separator) external view {
        uint256 count = 1 + (seed % 4);
        PlainProfile[] memory written = new PlainProfile[](count);
        address[] memory devices = new address[](count);
        for (uint256 i = 0; i < count; ++i) (written[i], devices[i]) = _signed(seed, i, day, separator);
        _assertBatch(written, devices, day, separator);
    }

    function test_fuzz_read_ofSpoiltSignatures_namesNoDevice(uint256 seed) external view {
        (PlainProfile memory profile, address device) = _signed(seed, 0, DAY, "street");
        // The other signature of the same key: the same device would recover, were its s not read as a smaller one.
        (profile.s, profile.v) = (ORDER - profile.s, profile.v == 27 ? 28 : 27);
        assertEq(ecrecover(profile.digest(DAY, "street"), profile.v, profile.r, bytes32(profile.s)), device);
        profile.v = 27;
        assertNotEq(_deviceOf(profile), device);
        profile.r = 0;
        profile.s = 1;
        assertEq(_deviceOf(profile), address(0));
        profile.r = bytes32(ORDER);
        assertEq(_deviceOf(profile), address(0));
    }

    function test_read_takesTheHighestLowS_andNoHigherOne() external view {
        (PlainProfile memory profile, ) = _signed(1, 0, DAY, "street");
        profile.s = ORDER / 2;
        assertEq(
            _deviceOf(profile),
            ecrecover(profile.digest(DAY, "street"), profile.v, profile.r, bytes32(profile.s))
        );
        assertNotEq(_deviceOf(profile), address(0));
        profile.s = ORDER / 2 + 1;
        assertEq(_deviceOf(profile), address(0));
    }

    /// @dev Another byte anywhere is another message.
    function test_fuzz_read_ofAChangedProfile_namesAnotherDevice(uint256 seed, uint256 at, uint8 flip) external view {
        (PlainProfile memory profile, address device) = _signed(seed, 0, DAY, "street");
        bytes memory batch = profile.encode();
        at = bound(at, 1, batch.length - 1);
        batch[at] ^= bytes1(uint8(bound(flip, 1, 255)));
        (BatchProfile[] memory profiles, ) = this.read("", batch, "", 1, DAY, "street");
        assertNotEq(profiles[0].device, device);
        (profiles, ) = this.read("", profile.encode(), "", 1, DAY + 1, "street");
        assertNotEq(profiles[0].device, device);
        (profiles, ) = this.read("", profile.encode(), "", 1, DAY, "another street");
        assertNotEq(profiles[0].device, device);
    }

    function test_read_p256_withAndWithoutQuality() external view {
        PlainProfile[] memory written = new PlainProfile[](3);
        address[] memory devices = new address[](3);
        (written[0], written[1]) = (_p256(false), _p256(true));
        (written[2], devices[2]) = _signed(7, 2, DAY, "street");
        devices[0] = PlainProfileBatch.addressOf(written[0].x, written[0].y);
        devices[1] = devices[0];
        assertEq(devices[0], 0x1a61096d243f0C59D481256A779A22e0ED629485);
        _assertBatch(written, devices, DAY, keccak256("street"), 2);
    }

    function test_read_p256_ofSpoiltSignatures_namesNoDevice() external view {
        for (uint256 kind = 0; kind < 6; ++kind) {
            PlainProfile memory profile = _p256(false);
            if (kind == 0) profile.s = P256_ORDER - profile.s;
            if (kind == 1) profile.s ^= 1;
            if (kind == 2) profile.r = bytes32(uint256(profile.r) ^ 1);
            if (kind == 3) profile.x = bytes32(uint256(profile.x) ^ 1);
            if (kind == 4) (profile.x, profile.y) = (0, 0);
            if (kind == 5) profile.importRegister += 1;
            (BatchProfile[] memory profiles, ) = this.read("", profile.encode(), "", 1, DAY, keccak256("street"));
            assertEq(profiles[0].device, address(0));
            assertEq(profiles[0].next, 525);
        }
    }

    function test_fuzz_eightAt_isTheWord(uint256[12] calldata words, uint256 index) external view {
        index = bound(index, 0, 11);
        assertEq(this.eightAt(abi.encodePacked(words), index), words[index]);
    }

    function _assertBatch(
        PlainProfile[] memory written,
        address[] memory devices,
        uint32 day,
        bytes32 separator
    ) private view {
        _assertBatch(written, devices, day, separator, written.length);
    }

    /// @param counted Profiles whose devices signed for this day and separator.
    function _assertBatch(
        PlainProfile[] memory written,
        address[] memory devices,
        uint32 day,
        bytes32 separator,
        uint256 counted
    ) private view {
        bytes memory batch;
        for (uint256 i = 0; i < written.length; ++i) batch = abi.encodePacked(batch, written[i].encode());
        bytes memory noise = abi.encodePacked(separator, type(uint256).max);
        (BatchProfile[] memory profiles, uint256[] memory behind) = this.read(
            noise,
            batch,
            noise,
            written.length,
            day,
            separator
        );
        assertEq(behind[0] | behind[1] | behind[2], 0);
        uint256 position = 0;
        for (uint256 i = 0; i < written.length; ++i) {
            assertEq(profiles[i].importRegister, written[i].importRegister);
            assertEq(profiles[i].exportRegister, written[i].exportRegister);
            assertEq(profiles[i].quality, written[i].quality);
            assertEq(profiles[i].intervals, uint256(keccak256(written[i].intervals)));
            assertEq(profiles[i].digest, written[i].digest(day, separator));
            if (i < counted) assertEq(profiles[i].device, devices[i]);
            position += written[i].encode().length;
            assertEq(profiles[i].next, position);
        }
        assertEq(position, batch.length);
    }

    function _hashAt(uint256 position) private pure returns (uint256 digest) {
        assembly ("memory-safe") {
            digest := keccak256(position, 384)
        }
    }

    function _deviceOf(PlainProfile memory profile) private view returns (address) {
        (BatchProfile[] memory profiles, ) = this.read("", profile.encode(), "", 1, DAY, "street");
        return profiles[0].device;
    }

    function _signed(
        uint256 seed,
        uint256 which,
        uint32 day,
        bytes32 separator
    ) private pure returns (PlainProfile memory profile, address device) {
        uint256 random = uint256(keccak256(abi.encode(seed, which)));
        profile.importRegister = random % 7 == 0 ? type(uint48).max : uint48(random >> 8);
        profile.exportRegister = random % 5 == 0 ? 0 : uint48(random >> 56);
        profile.withQuality = random % 3 != 0;
        if (profile.withQuality && random % 11 != 0) profile.quality = uint192(random >> 64);
        for (uint256 k = 0; k < 12; ++k) {
            profile.intervals = abi.encodePacked(profile.intervals, keccak256(abi.encode(random, k)));
        }
        uint256 privateKey = 1 + (uint256(keccak256(abi.encode(random))) % (ORDER - 1));
        bytes32 s;
        (profile.v, profile.r, s) = vm.sign(privateKey, profile.digest(day, separator));
        profile.s = uint256(s);
        device = vm.addr(privateKey);
    }

    /// @dev Made by another implementation over the digest of these very values.
    function _p256(bool withQuality) private pure returns (PlainProfile memory profile) {
        (profile.importRegister, profile.exportRegister) = (123_456_789, type(uint48).max);
        profile.p256 = true;
        profile.withQuality = withQuality;
        profile.intervals = new bytes(384);
        for (uint256 i = 0; i < 384; ++i) profile.intervals[i] = bytes1(uint8(i));
        profile.x = 0x992b03f43f7b3b6abb352f8d7f3ded6611ad6f7c35c33defeeac6ca1c27a8d38;
        profile.y = 0x2fd8aa712d5cb5e9503851bc6cdc23476163cb1d8bacd2b90b1aea5254ce7799;
        if (withQuality) {
            profile.quality = uint192(1 | (2 << 190));
            profile.r = 0x1fa792de8c42873f1403497c1779898a16e914697cafd276f85a3c12ba40cb1f;
            profile.s = 0x314cdd1488f10619b252275b18756f269a8624ffd8bf42525a4046a9086d032e;
        } else {
            profile.r = 0xc393e78951e0f84b618ba93cb9d20a0700348bd45a5304f08ab2278bf4f89883;
            profile.s = 0x1451425cfb5af51dac1ed9d2b76a37664954ac02a173508821bf05d02c59ec6a;
        }
    }
}
