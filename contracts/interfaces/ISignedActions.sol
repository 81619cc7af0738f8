// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title SignedActions
/// @notice What every contract shares that lets others relay an action its author has signed: EIP-712 in the contract's
/// own domain, one sequence of nonces per account (`nonces(account)`), a deadline, ERC-1271 for contract wallets.
interface ISignedActions {
    /// @notice The signature was good until `deadline`, unix seconds.
    error SignatureExpired(uint256 deadline);
    /// @notice `account` did not sign this, or signed it with another nonce, for another contract or another chain.
    error InvalidSigner(address account);
}
