import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { type P256PublicKey, p256Address, recoverP256 } from "@commonwatt/sdk/p256";
import { bytesToHex, concatHex, type Hex, hexToBytes } from "viem";

import { readSecret } from "../../keystore/passphrase.ts";
import type { DeviceKey, KeySource } from "../signer.ts";
import { CKA, CKK_EC, CKO } from "./codes.ts";
import { loadCryptoki, ulong } from "./cryptoki.ts";
import { isP256Curve, lowS, readPoint } from "./ec.ts";
import { createTokenSession } from "./session.ts";

export type Pkcs11Options = { library: string; token: string; pinFile?: string | undefined };

/** The environment variable that the token's PIN is read from where no file is named. */
const PIN_VARIABLE = "COMMONWATT_PIN";
/** A key `meter-7`, or another of the same meter, such as `meter-7-2027`. */
const LABEL = /^meter-([1-9]\d{0,9})(-.{1,32})?$/u;
const MAX_KEYS = 16_384;

type Found = { meter: number; first: boolean; label: string; id: Buffer; publicKey: P256PublicKey; sealed: boolean };

/**
 * The device keys of a secure element: P-256 keys with the labels `meter-N`, or `meter-N-ANYTHING` for another of the
 * same meter. They never leave it.
 *
 * @throws CommonwattError when the library cannot be used, or there is no PIN. The token is asked later.
 */
export function openPkcs11Source({ library, token, pinFile }: Pkcs11Options): KeySource {
  const cryptoki = loadCryptoki(library);
  readPin(pinFile);
  const session = createTokenSession(cryptoki, token, () => readPin(pinFile));

  const handleOf = (at: bigint, id: Buffer): bigint => {
    const [handle] = cryptoki.find(at, [...template(CKO.privateKey), { type: CKA.id, value: id }], 1);
    if (handle === undefined) throw new CommonwattError(`The key ${id.toString("hex")} is not in the token any more`);
    return handle;
  };

  function keysOf(at: bigint): Found[] {
    return cryptoki.find(at, template(CKO.privateKey), MAX_KEYS).flatMap((handle) => {
      const label = cryptoki.read(at, handle, CKA.label)?.toString("utf8") ?? "";
      const [matched, meter, suffix] = LABEL.exec(label) ?? [];
      if (matched === undefined) return [];
      const id = cryptoki.read(at, handle, CKA.id);
      if (id === undefined || id.length === 0) throw new CommonwattError(`The key ${label} in the token has no ID`);
      const [twin] = cryptoki.find(at, [...template(CKO.publicKey), { type: CKA.id, value: id }], 1);
      const read = (type: number) => (twin === undefined ? undefined : cryptoki.read(at, twin, type));
      if (!isP256Curve(read(CKA.ecParams) ?? cryptoki.read(at, handle, CKA.ecParams))) {
        throw new CommonwattError(`The key ${label} in the token is of another curve, expected P-256 (secp256r1)`);
      }
      const publicKey = readPoint(read(CKA.ecPoint));
      if (publicKey === undefined) {
        throw new CommonwattError(`The token has no public key of ${label} with the same ID: store it there too`);
      }
      const sealed = cryptoki.read(at, handle, CKA.extractable)?.[0] === 0;
      return [{ meter: Number(meter), first: suffix === undefined, label, id, publicKey, sealed }];
    });
  }

  function toDeviceKey({ meter, first, label, id, publicKey, sealed }: Found): DeviceKey {
    const address = p256Address(publicKey);
    const sign = (digest: Hex): Promise<Hex> => {
      const raw = session.use((at) => cryptoki.signEcdsa(at, handleOf(at, id), hexToBytes(digest)));
      const signature = concatHex([bytesToHex(lowS(raw)), publicKey.x, publicKey.y]);
      // Whoever holds a token that signs wrongly should learn it here, not from a day that is refused.
      recoverP256(digest, signature);
      return Promise.resolve(signature);
    };
    const open = () =>
      sealed
        ? Promise.resolve({ address, sign })
        : Promise.reject(
            new CommonwattError(
              `the key ${label} can be copied out of the token (CKA_EXTRACTABLE): make one that cannot`,
            ),
          );
    return { id: id.toString("hex"), meter, standing: first ? "current" : "next", keyType: "P-256", address, open };
  }

  return {
    custody: "secure element",
    list() {
      const keys = session.use(keysOf).sort((a, b) => a.meter - b.meter || Number(b.first) - Number(a.first));
      return Promise.resolve(keys.map(toDeviceKey));
    },
    close: () => {
      session.close();
    },
  };
}

const template = (objectClass: number) => [
  { type: CKA.class, value: ulong(objectClass) },
  { type: CKA.keyType, value: ulong(CKK_EC) },
];

function readPin(pinFile: string | undefined): string {
  if (pinFile !== undefined) return readSecret("PIN", pinFile);
  const pin = process.env[PIN_VARIABLE];
  if (pin !== undefined && pin !== "") return pin;
  throw new CommonwattError(`There is no PIN: expected "pinFile", or the environment variable ${PIN_VARIABLE}`);
}
