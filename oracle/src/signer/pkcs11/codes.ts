import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Numbers of PKCS#11 2.40, as far as they are used here. */
export const CKO = { publicKey: 2, privateKey: 3 } as const;
export const CKA = {
  class: 0x000,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;
export const CKK_EC = 3;
export const CKM_ECDSA = 0x1041;
export const CKU_USER = 1;
export const CKF_SERIAL_SESSION = 4;
/** Flags of a token. */
export const CKF = {
  loginRequired: 0x4,
  pinCountLow: 0x1_0000,
  pinFinalTry: 0x2_0000,
  pinLocked: 0x4_0000,
} as const;

/** Return values that mean more than "it failed". */
export const CKR = {
  deviceError: 0x30,
  deviceRemoved: 0x32,
  keyHandleInvalid: 0x60,
  objectHandleInvalid: 0x82,
  operationActive: 0x90,
  pinIncorrect: 0xa0,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionHandleInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  userAlreadyLoggedIn: 0x100,
  userNotLoggedIn: 0x101,
  cryptokiNotInitialized: 0x190,
  cryptokiAlreadyInitialized: 0x191,
} as const;

const MEANINGS: Readonly<Record<number, string>> = {
  [CKR.deviceError]: "the device has a fault",
  [CKR.deviceRemoved]: "the token was pulled out",
  [CKR.keyHandleInvalid]: "the key is gone",
  [CKR.objectHandleInvalid]: "the key is gone",
  [CKR.pinIncorrect]: "the PIN is wrong",
  [CKR.pinLocked]: "the PIN is locked",
  [CKR.sessionClosed]: "the session was closed",
  [CKR.sessionHandleInvalid]: "the session is gone",
  [CKR.tokenNotPresent]: "the token is not there",
  [CKR.tokenNotRecognized]: "the token is not recognised",
  [CKR.userNotLoggedIn]: "nobody is logged in",
};

/** A call of the library that did not return OK. */
export class CryptokiError extends CommonwattError {
  override readonly name = "CryptokiError";
  readonly code: number;

  constructor(call: string, code: number) {
    const meaning = MEANINGS[code];
    super(`${call} returned 0x${code.toString(16)}${meaning === undefined ? "" : `: ${meaning}`}`);
    this.code = code;
  }
}

const LOST: ReadonlySet<number> = new Set([
  CKR.deviceError,
  CKR.deviceRemoved,
  CKR.keyHandleInvalid,
  CKR.objectHandleInvalid,
  CKR.operationActive,
  CKR.sessionClosed,
  CKR.sessionHandleInvalid,
  CKR.tokenNotPresent,
  CKR.tokenNotRecognized,
  CKR.userNotLoggedIn,
  CKR.cryptokiNotInitialized,
]);

/** Whether opening a new session may help: the old one, the login or the token's objects are gone. */
export const isLost = (error: unknown): boolean => error instanceof CryptokiError && LOST.has(error.code);
