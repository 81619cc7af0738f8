// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title PlainP256Devices
/// @notice Readable twin of `P256Devices`; signatures by OpenZeppelin's arithmetic, without the precompile.
library PlainP256Devices {
    function addressOf(bytes32 x, bytes32 y) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(uint8(1), x, y)))));
    }

    function isValid(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (bool) {
        return P256.verifySolidity(digest, r, s, x, y);
    }
}
