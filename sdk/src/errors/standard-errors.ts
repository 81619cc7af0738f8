import { parseAbi } from "viem";

import type { Explanations } from "./error-values.ts";

/**
 * Errors of the standards and libraries the contracts call into: any ERC-20 can be the currency (ERC-6093), and roles are
 * OpenZeppelin's AccessManager. The ABIs of the project's contracts need not name them.
 */
export const standardErrorsAbi = parseAbi([
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error ERC20InvalidSender(address sender)",
  "error ERC20InvalidReceiver(address receiver)",
  "error ERC20InvalidApprover(address approver)",
  "error ERC20InvalidSpender(address spender)",
  "error ERC2612ExpiredSignature(uint256 deadline)",
  "error ERC2612InvalidSigner(address signer, address owner)",
  "error SafeERC20FailedOperation(address token)",
  "error ERC1155InsufficientBalance(address sender, uint256 balance, uint256 needed, uint256 tokenId)",
  "error ERC1155MissingApprovalForAll(address operator, address owner)",
  "error ERC1155InvalidSender(address sender)",
  "error ERC1155InvalidReceiver(address receiver)",
  "error ERC1155InvalidApprover(address approver)",
  "error ERC1155InvalidOperator(address operator)",
  "error ERC1155InvalidArrayLength(uint256 idsLength, uint256 valuesLength)",
  "error AccessManagedUnauthorized(address caller)",
  "error AccessManagedRequiredDelay(address caller, uint32 delay)",
  "error AccessManagedInvalidAuthority(address authority)",
  "error AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)",
  "error AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)",
  "error InvalidAccountNonce(address account, uint256 currentNonce)",
  "error ReentrancyGuardReentrantCall()",
  "error ECDSAInvalidSignature()",
  "error ECDSAInvalidSignatureLength(uint256 length)",
  "error ECDSAInvalidSignatureS(bytes32 s)",
  "error AddressEmptyCode(address target)",
  "error FailedCall()",
  "error InsufficientBalance(uint256 balance, uint256 needed)",
  "error InvalidShortString()",
  "error StringTooLong(string str)",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
]);

/** Money and energy tokens. */
export const tokenStandardErrors: Explanations = {
  ERC20InsufficientBalance: (v) =>
    `${v.address("sender")} has ${v.money("balance")}, but ${v.money("needed")} is needed.`,
  ERC20InsufficientAllowance: (v) =>
    `The marketplace ${v.address("spender")} may spend ${v.money("allowance")} for this account, but ${v.money("needed")} is needed. Approve the payment first.`,
  ERC20InvalidSender: (v) => `Money cannot be sent from ${v.address("sender")}.`,
  ERC20InvalidReceiver: (v) => `Money cannot be sent to ${v.address("receiver")}.`,
  ERC20InvalidApprover: (v) => `${v.address("approver")} cannot approve payments.`,
  ERC20InvalidSpender: (v) => `${v.address("spender")} cannot be approved for payments.`,
  ERC2612ExpiredSignature: (v) =>
    `The signed payment approval was good until ${v.instant("deadline")} only. Sign again.`,
  ERC2612InvalidSigner: (v) =>
    `The payment approval is signed by ${v.address("signer")}, not by the payer ${v.address("owner")}.`,
  SafeERC20FailedOperation: (v) => `The currency ${v.address("token")} refused the payment.`,
  ERC1155InsufficientBalance: (v) =>
    `${v.address("sender")} holds ${v.energy("balance")} of ${v.token("tokenId")}, but ${v.energy("needed")} is needed. The rest was sold, used, or has expired.`,
  ERC1155MissingApprovalForAll: (v) =>
    `${v.address("operator")} may not move the energy tokens of ${v.address("owner")}: the owner has to allow it once.`,
  ERC1155InvalidSender: (v) => `Energy tokens cannot be sent from ${v.address("sender")}.`,
  ERC1155InvalidReceiver: (v) => `${v.address("receiver")} cannot receive energy tokens.`,
  ERC1155InvalidApprover: (v) => `${v.address("approver")} cannot give others leave to move energy tokens.`,
  ERC1155InvalidOperator: (v) => `${v.address("operator")} cannot be given leave to move energy tokens.`,
  ERC1155InvalidArrayLength: (v) =>
    `The transfer names ${v.number("idsLength")} tokens but ${v.number("valuesLength")} amounts.`,
};

/** Roles, signatures and what the contracts are built on. */
export const foundationErrors: Explanations = {
  AccessManagedUnauthorized: (v) => `${v.address("caller")} does not have the role that may do this.`,
  AccessManagedRequiredDelay: (v) =>
    `${v.address("caller")} may do this only after scheduling it ${v.number("delay")} seconds ahead.`,
  AccessManagedInvalidAuthority: (v) => `${v.address("authority")} cannot manage roles: it is no contract.`,
  AccessManagerUnauthorizedAccount: (v) =>
    `${v.address("msgsender")} does not have role ${v.number("roleId")}, which may do this.`,
  AccessManagerUnauthorizedCall: (v) =>
    `${v.address("caller")} may not call this function (${v.text("selector")}) of ${v.address("target")}.`,
  InvalidAccountNonce: (v) =>
    `The signature of ${v.address("account")} was already used or is out of turn: number ${v.number("currentNonce")} is next. Sign again.`,
  ReentrancyGuardReentrantCall: () => "The contract was called again while still at work and refused.",
  ECDSAInvalidSignature: () => "The signature is invalid.",
  ECDSAInvalidSignatureLength: (v) => `The signature has ${v.number("length")} bytes, expected 65.`,
  ECDSAInvalidSignatureS: (v) => `The signature is in a second form that is not accepted (s is ${v.text("s")}).`,
  AddressEmptyCode: (v) => `There is no contract at ${v.address("target")}.`,
  FailedCall: () => "A call from one contract to another failed without a reason.",
  InsufficientBalance: (v) => `The contract holds ${v.number("balance")} wei, but ${v.number("needed")} is needed.`,
  InvalidShortString: () => "A text stored in the contract is malformed.",
  StringTooLong: (v) => `The text "${v.text("str")}" is too long: at most 31 bytes.`,
  StringsInsufficientHexLength: (v) =>
    `The number ${v.number("value")} does not fit ${v.number("length")} bytes of text.`,
  SafeCastOverflowedUintDowncast: (v) =>
    `The number ${v.number("value")} is too large: it must fit ${v.number("bits")} bits.`,
};
