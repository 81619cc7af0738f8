// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

/// @notice OpenZeppelin's verifier of raw P-256 signatures, for the tests to deploy.
contract P256Verifier is ERC7913P256Verifier {}
