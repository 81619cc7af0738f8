import { expect } from "chai";
import { concat, dataSlice, toBeHex, toBigInt, type TypedDataDomain, verifyTypedData, ZeroAddress } from "ethers";

import { dayEnd, FIRST_DAY, firstInterval, series, tokenId } from "./fixtures/calendar.ts";
import { secondNeighbourhood } from "./fixtures/neighbour.ts";
import {
  encodeImports,
  hashImports,
  NOTHING,
  PROFILE_TYPES,
  signIntervals,
  type SignedProfile,
  signProfile,
} from "./fixtures/profiles.ts";
import { expectRefusal, GAS } from "./fixtures/refusal.ts";
import {
  addDevice,
  addMeter,
  CAP_UNITS,
  emptyStreet,
  ethers,
  HOME,
  key,
  loadFixture,
  PLANT,
  SOLAR,
  street,
  time,
} from "./fixtures/street.ts";

const DAY = FIRST_DAY;
const SUN = series(100, 40, 4);
const CURVE_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const REGISTER_LIMIT = 2n ** 44n;

/** Whom the chain takes for the signer of a profile. */
async function recoverIn(domain: TypedDataDomain, { intervals, signature, ...profile }: SignedProfile) {
  const { keccak256 } = ethers;
  return Promise.resolve(
    verifyTypedData(domain, PROFILE_TYPES, { ...profile, intervals: keccak256(intervals) }, signature),
  );
}
