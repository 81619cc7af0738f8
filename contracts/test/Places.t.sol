// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Places} from "../libraries/Places.sol";

/// @notice Place labels are 1 to 32 printable characters and zeros.
contract PlacesTest is Test {
    function test_fuzz_isValid_ofAnyBytes_equalsPlain(bytes32 place) external pure {
        assertEq(Places.isValid(place), _plain(place));
    }

    function test_fuzz_isValid_ofText_andSpoilt(
        uint256 seed,
        uint256 length,
        uint256 position,
        bytes1 char
    ) external pure {
        length = bound(length, 1, 32);
        bytes memory text = new bytes(32);
        for (uint256 i = 0; i < length; ++i)
            text[i] = bytes1(uint8(0x20 + (uint256(keccak256(abi.encode(seed, i))) % 95)));
        assertTrue(Places.isValid(bytes32(text)));

        text[bound(position, 0, 31)] = char;
        assertEq(Places.isValid(bytes32(text)), _plain(bytes32(text)));
    }

    function test_isValid_edges() external pure {
        assertFalse(Places.isValid(""));
        assertTrue(Places.isValid(" "));
        assertTrue(Places.isValid("~"));
        assertFalse(Places.isValid(hex"1f"));
        assertFalse(Places.isValid(hex"7f"));
        assertFalse(Places.isValid(hex"410041"));
        assertTrue(Places.isValid("12345678901234567890123456789012"));
    }

    function _plain(bytes32 place) private pure returns (bool) {
        bool ended = false;
        for (uint256 i = 0; i < 32; ++i) {
            uint8 char = uint8(place[i]);
            if (char == 0) ended = true;
            else if (ended || char < 0x20 || char > 0x7e) return false;
        }
        return place[0] != 0;
    }
}
