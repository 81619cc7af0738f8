import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** The signer is not there or did not answer: asking again later makes sense. */
export class SignerUnavailableError extends CommonwattError {
  override readonly name = "SignerUnavailableError";
}
/** The signer answered that it could not now: a full disk, a key file that cannot be read, a token that is pulled out. */
export class SignerTroubleError extends CommonwattError {
  override readonly name = "SignerTroubleError";
}
/** The signer answered that it will not: asking again the same will not help. */
export class SignerRefusedError extends CommonwattError {
  override readonly name = "SignerRefusedError";
}
