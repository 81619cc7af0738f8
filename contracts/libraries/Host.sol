// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IDeviceRegistry} from "../interfaces/IDeviceRegistry.sol";
import {IEnergyToken} from "../interfaces/IEnergyToken.sol";
import {INeighbourhood} from "../interfaces/INeighbourhood.sol";
import {NeighbourhoodState} from "../types/State.sol";

/// @title Host
/// @notice What a linked library shares with the neighbourhood that runs it: state, parts and EIP-712 domain.
library Host {
    /// @dev Behind what the neighbourhood inherits, which takes the first few slots.
    uint256 private constant STATE_SLOT = 0x100;
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("Commonwatt");
    bytes32 private constant VERSION = keccak256("1");

    function state() internal pure returns (NeighbourhoodState storage at) {
        assembly ("memory-safe") {
            at.slot := STATE_SLOT
        }
    }

    function token() internal view returns (IEnergyToken) {
        return INeighbourhood(address(this)).token();
    }

    function deviceRegistry() internal view returns (IDeviceRegistry) {
        return INeighbourhood(address(this)).deviceRegistry();
    }

    function currency() internal view returns (IERC20) {
        return INeighbourhood(address(this)).currency();
    }

    function closingWindowSeconds() internal view returns (uint256) {
        return INeighbourhood(address(this)).closingWindowSeconds();
    }

    /// @notice EIP-712 domain separator of a neighbourhood.
    function domainOf(address neighbourhood) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME, VERSION, block.chainid, neighbourhood));
    }

    /// @notice EIP-712 digest of a struct hash in a neighbourhood's domain.
    function digestOf(address neighbourhood, bytes32 content) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainOf(neighbourhood), content);
    }
}
