import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { address, call, decode, type LibraryHandle, load, proto, sizeof, struct, type TypeObject } from "koffi";

import { CKF_SERIAL_SESSION, CKM_ECDSA, CKR, CKU_USER, CryptokiError } from "./codes.ts";

/** A token, as its library describes it. */
export type TokenInfo = { slot: bigint; label: string; flags: number };

/** The few calls of a PKCS#11 library that finding keys and signing with them takes. Each throws CryptokiError. */
export type Cryptoki = {
  initialize(): void;
  finalize(): void;
  /** Tokens that are present. */
  tokens(): TokenInfo[];
  openSession(slot: bigint): bigint;
  closeAllSessions(slot: bigint): void;
  login(session: bigint, pin: string): void;
  /** Handles of the objects that have all these attributes, at most `max`. */
  find(session: bigint, template: readonly Attribute[], max: number): bigint[];
  /** The value of an attribute; undefined when the object has none. */
  read(session: bigint, object: bigint, type: number): Buffer | undefined;
  /** r and s of ECDSA over a digest, 32 bytes each. */
  signEcdsa(session: bigint, key: bigint, digest: Uint8Array): Buffer;
};
export type Attribute = { type: number; value: Uint8Array };

/** A CK_ULONG as bytes, for an attribute. */
export function ulong(value: number): Buffer {
  const buffer = Buffer.alloc(ULONG_BYTES);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

const ULONG_BYTES = 8;
const UNAVAILABLE = 0xffff_ffff_ffff_ffffn;
const FIND_AT_ONCE = 64;
const MAX_SLOTS = 256;
const MAX_ATTRIBUTE_BYTES = 4_096;
const SIGNATURE_BYTES = 64;

/** Places of functions in CK_FUNCTION_LIST. */
const PLACES = {
  C_Initialize: 0,
  C_Finalize: 1,
  C_GetFunctionList: 3,
  C_GetSlotList: 4,
  C_GetTokenInfo: 6,
  C_OpenSession: 12,
  C_CloseAllSessions: 14,
  C_Login: 18,
  C_GetAttributeValue: 24,
  C_FindObjectsInit: 26,
  C_FindObjects: 27,
  C_FindObjectsFinal: 28,
  C_SignInit: 42,
  C_Sign: 43,
} as const;

const VERSION = struct({ major: "uint8_t", minor: "uint8_t" });
/** CK_FUNCTION_LIST up to the last function that is used. */
const FUNCTION_LIST = struct({ version: VERSION, functions: `void *[${PLACES.C_Sign + 1}]` });
const ATTRIBUTE = struct({ type: "unsigned long", value: "void *", length: "unsigned long" });
const MECHANISM = struct({ mechanism: "unsigned long", parameter: "void *", parameterLength: "unsigned long" });
const TOKEN_INFO = struct({
  label: "uint8_t[32]",
  manufacturer: "uint8_t[32]",
  model: "uint8_t[16]",
  serialNumber: "uint8_t[16]",
  flags: "unsigned long",
  sessionsAndMemory: "unsigned long[10]",
  hardwareVersion: VERSION,
  firmwareVersion: VERSION,
  utcTime: "uint8_t[16]",
});

/** Sizes that these structures have by the standard, where a CK_ULONG and a pointer are 8 bytes. */
const LAYOUT: readonly (readonly [string, TypeObject, number])[] = [
  ["CK_FUNCTION_LIST", FUNCTION_LIST, 8 + 44 * 8],
  ["CK_ATTRIBUTE", ATTRIBUTE, 24],
  ["CK_MECHANISM", MECHANISM, 24],
  ["CK_TOKEN_INFO", TOKEN_INFO, 208],
];

/** Types of the functions' arguments, besides the returned CK_RV. */
const SIGNATURES: Readonly<Record<keyof typeof PLACES, readonly string[]>> = {
  C_Initialize: ["void *"],
  C_Finalize: ["void *"],
  C_GetFunctionList: ["void *"],
  C_GetSlotList: ["uint8_t", "void *", "void *"],
  C_GetTokenInfo: ["unsigned long", "void *"],
  C_OpenSession: ["unsigned long", "unsigned long", "void *", "void *", "void *"],
  C_CloseAllSessions: ["unsigned long"],
  C_Login: ["unsigned long", "unsigned long", "void *", "unsigned long"],
  C_GetAttributeValue: ["unsigned long", "unsigned long", "void *", "unsigned long"],
  C_FindObjectsInit: ["unsigned long", "void *", "unsigned long"],
  C_FindObjects: ["unsigned long", "void *", "unsigned long", "void *"],
  C_FindObjectsFinal: ["unsigned long"],
  C_SignInit: ["unsigned long", "void *", "unsigned long"],
  C_Sign: ["unsigned long", "void *", "unsigned long", "void *", "void *"],
};

/**
 * Loads a PKCS#11 library.
 *
 * @param file - Absolute path of the .so file.
 * @throws CommonwattError when it cannot be loaded, is no PKCS#11 library, or structures have another layout here.
 */
export function loadCryptoki(file: string): Cryptoki {
  requireLayout();
  const functions = functionsOf(file);
  const invoke = (name: keyof typeof PLACES, ...values: unknown[]): number => {
    const code = Number(functions[name](...values));
    if (code !== 0) throw new CryptokiError(name, code);
    return code;
  };

  return {
    initialize() {
      try {
        invoke("C_Initialize", null);
      } catch (error) {
        if (!(error instanceof CryptokiError) || error.code !== CKR.cryptokiAlreadyInitialized) throw error;
      }
    },
    finalize: () => void invoke("C_Finalize", null),

    tokens() {
      const count = offHeap(ULONG_BYTES);
      const slots = offHeap(MAX_SLOTS * ULONG_BYTES);
      count.writeBigUInt64LE(BigInt(MAX_SLOTS));
      invoke("C_GetSlotList", 1, slots, count);
      return Array.from({ length: Number(count.readBigUInt64LE()) }, (_, index) => {
        const slot = slots.readBigUInt64LE(index * ULONG_BYTES);
        const info = offHeap(sizeof(TOKEN_INFO));
        invoke("C_GetTokenInfo", slot, info);
        const { label, flags } = decode(info, TOKEN_INFO) as { label: Iterable<number>; flags: number | bigint };
        return {
          slot,
          label: Buffer.from([...label])
            .toString("utf8")
            .trimEnd(),
          flags: Number(flags),
        };
      });
    },

    openSession(slot) {
      const session = offHeap(ULONG_BYTES);
      invoke("C_OpenSession", slot, CKF_SERIAL_SESSION, null, null, session);
      return session.readBigUInt64LE();
    },

    closeAllSessions: (slot) => void invoke("C_CloseAllSessions", slot),

    login(session, pin) {
      const text = Buffer.from(pin, "utf8");
      const bytes = offHeap(text.length);
      text.copy(bytes);
      try {
        invoke("C_Login", session, CKU_USER, bytes, bytes.length);
      } catch (error) {
        if (!(error instanceof CryptokiError) || error.code !== CKR.userAlreadyLoggedIn) throw error;
      } finally {
        bytes.fill(0);
        text.fill(0);
      }
    },

    find(session, template, max) {
      invoke("C_FindObjectsInit", session, attributeTable(template), template.length);
      try {
        const [handles, count] = [offHeap(FIND_AT_ONCE * ULONG_BYTES), offHeap(ULONG_BYTES)];
        const found: bigint[] = [];
        while (found.length < max) {
          invoke("C_FindObjects", session, handles, FIND_AT_ONCE, count);
          const length = Number(count.readBigUInt64LE());
          if (length === 0) break;
          for (let index = 0; index < length; index++) found.push(handles.readBigUInt64LE(index * ULONG_BYTES));
        }
        return found.slice(0, max);
      } finally {
        invoke("C_FindObjectsFinal", session);
      }
    },

    read(session, object, type) {
      const value = offHeap(MAX_ATTRIBUTE_BYTES);
      const table = attributeTable([{ type, value }]);
      const code = Number(functions.C_GetAttributeValue(session, object, table, 1));
      const length = table.readBigUInt64LE(2 * ULONG_BYTES);
      // The library says by this length that the object has no such attribute, or does not show it.
      if (length === UNAVAILABLE) return undefined;
      if (code !== 0) throw new CryptokiError("C_GetAttributeValue", code);
      return Buffer.from(value.subarray(0, Number(length)));
    },

    signEcdsa(session, key, digest) {
      const mechanism = offHeap(sizeof(MECHANISM));
      mechanism.writeBigUInt64LE(BigInt(CKM_ECDSA));
      invoke("C_SignInit", session, mechanism, key);
      const [data, signature, length] = [offHeap(digest.length), offHeap(SIGNATURE_BYTES), offHeap(ULONG_BYTES)];
      data.set(digest);
      length.writeBigUInt64LE(BigInt(SIGNATURE_BYTES));
      invoke("C_Sign", session, data, data.length, signature, length);
      if (length.readBigUInt64LE() !== BigInt(SIGNATURE_BYTES)) {
        throw new CommonwattError(`The token's signature has ${length.readBigUInt64LE()} bytes, expected 64: r and s`);
      }
      return signature;
    },
  };
}

function functionsOf(file: string): Record<keyof typeof PLACES, (...values: unknown[]) => number | bigint> {
  let library: LibraryHandle;
  try {
    library = load(file);
  } catch (error) {
    throw new CommonwattError(`The PKCS#11 library ${file} cannot be loaded`, { details: String(error), cause: error });
  }
  const pointer = offHeap(ULONG_BYTES);
  let code: number;
  try {
    code = Number(library.func("C_GetFunctionList", "unsigned long", ["void *"])(pointer));
  } catch (error) {
    throw new CommonwattError(`${file} is no PKCS#11 library: it has no C_GetFunctionList`, { cause: error });
  }
  if (code !== 0) throw new CryptokiError("C_GetFunctionList", code);
  const list = pointer.readBigUInt64LE();
  const { version, functions } = decode(list, FUNCTION_LIST) as {
    version: { major: number; minor: number };
    functions: (bigint | null)[];
  };
  if (version.major !== 2) {
    throw new CommonwattError(`${file} speaks PKCS#11 ${version.major}.${version.minor}, expected 2.x`);
  }
  const entries = Object.entries(PLACES).map(([name, place]) => {
    const at = functions[place];
    if (at === undefined || at === null) throw new CommonwattError(`${file} has no ${name}`);
    const type = proto("unsigned long", [...SIGNATURES[name as keyof typeof PLACES]]);
    return [name, (...values: unknown[]) => call(at, type, ...values) as number | bigint];
  });
  return Object.fromEntries(entries) as ReturnType<typeof functionsOf>;
}

function requireLayout(): void {
  const wrong = LAYOUT.filter(([, type, bytes]) => sizeof(type) !== bytes).map(([name]) => name);
  const fits = sizeof("unsigned long") === ULONG_BYTES && sizeof("void *") === ULONG_BYTES && isLittleEndian();
  if (fits && wrong.length === 0) return;
  throw new CommonwattError(
    `Secure elements work on 64-bit Linux and macOS only: here ${wrong.join(", ") || "numbers"} are laid out otherwise`,
  );
}

const isLittleEndian = () => new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Memory that stays where it is while the library uses it: small typed arrays may lie in the heap, and move. */
function offHeap(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(Math.max(bytes, 1)), 0, bytes);
}

/** What a table of attributes points at, which nothing else holds: it must live for as long as the table is in use. */
const pointedAt = new WeakMap<Buffer, readonly Buffer[]>();

/** An array of CK_ATTRIBUTE. */
function attributeTable(attributes: readonly Attribute[]): Buffer {
  const size = sizeof(ATTRIBUTE);
  const table = offHeap(attributes.length * size);
  const kept = attributes.map(({ value }) => {
    if (Buffer.isBuffer(value) && value.length === MAX_ATTRIBUTE_BYTES) return value;
    const copy = offHeap(value.length);
    copy.set(value);
    return copy;
  });
  for (const [index, { type }] of attributes.entries()) {
    const value = kept[index] ?? offHeap(0);
    table.writeBigUInt64LE(BigInt(type), index * size);
    table.writeBigUInt64LE(address(value), index * size + ULONG_BYTES);
    table.writeBigUInt64LE(BigInt(value.length), index * size + 2 * ULONG_BYTES);
  }
  pointedAt.set(table, kept);
  return table;
}
