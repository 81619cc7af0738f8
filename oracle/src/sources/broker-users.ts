import { createHash, timingSafeEqual } from "node:crypto";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

import { readSecret } from "../keystore/passphrase.ts";

/** Says whether a user has shown the right password. */
export type CheckUser = (user: string | undefined, password: Uint8Array | undefined) => boolean;

const MAX_USERS = 20_000;

/**
 * Reads the users of the embedded broker: one `user:password` a line; empty lines and lines that begin with # are left out.
 *
 * @throws CommonwattError when the file is missing or open to others than its owner, or a line is no user. Lines are
 * named by their number, never shown.
 */
export function readUsers(file: string): CheckUser {
  const digests = new Map<string, Buffer>();
  const lines = readSecret("users", file).split(/\r?\n/u);
  for (const [index, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const wrong = (what: string) => new CommonwattError(`The users file ${file}, line ${index + 1}: ${what}`);
    if (colon < 1 || colon === line.length - 1) throw wrong("expected user:password, neither of them empty");
    const user = line.slice(0, colon);
    if (digests.has(user)) throw wrong(`user ${JSON.stringify(user)} is there twice, expected once`);
    if (digests.size === MAX_USERS) throw wrong(`expected at most ${MAX_USERS} users`);
    digests.set(user, digestOf(Buffer.from(line.slice(colon + 1))));
  }
  if (digests.size === 0) throw new CommonwattError(`The users file ${file} has no users, expected user:password`);
  const nobody = Buffer.alloc(digestOf(Buffer.alloc(0)).length);
  return (user, password) => {
    const expected = digests.get(user ?? "");
    // Equal work for strangers; digests have one length, so that nothing depends on the password's.
    const isEqual = timingSafeEqual(expected ?? nobody, digestOf(password ?? new Uint8Array()));
    return isEqual && expected !== undefined;
  };
}

function digestOf(password: Uint8Array): Buffer {
  return createHash("sha256").update(password).digest();
}
