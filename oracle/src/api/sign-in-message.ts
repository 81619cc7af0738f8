import { type Address, getAddress } from "viem";
import { createSiweMessage, parseSiweMessage } from "viem/siwe";

import { refuse } from "./refusal.ts";

/** What every message signed for this oracle must say. */
export type SignInTerms = { domain: string; uri: string; chainId: number; statement: string };

export type SignInMessage = {
  wallet: Address;
  nonce: string;
  /** The session ends then at the latest, where the message says so. */
  expiresMs: number | undefined;
};

/** Clocks of members' devices differ. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Reads a message of EIP-4361 (Sign-In with Ethereum) that must be exactly what this oracle asks for: its own domain,
 * address, chain and sentence, issued since the nonce was, and nothing besides. Its nonce is still to be checked.
 *
 * @param lifeMs - How long a nonce is good.
 * @param nowMs - The machine's clock.
 * @throws RequestRefusedError naming the first line that is wrong.
 */
export function readSignInMessage(text: string, terms: SignInTerms, lifeMs: number, nowMs: number): SignInMessage {
  const parsed = parseSiweMessage(text);
  const { address, domain, uri, version, chainId, nonce, issuedAt, expirationTime, notBefore, statement } = parsed;
  if (address === undefined || nonce === undefined || issuedAt === undefined || uri === undefined) {
    throw refuse(400, "message is not one of EIP-4361", "the lines of Sign-In with Ethereum, version 1");
  }
  is("domain", domain, terms.domain);
  is("URI", uri, terms.uri);
  is("Version", version, "1");
  is("Chain ID", chainId, terms.chainId);
  is("statement", statement, terms.statement);
  const issuedMs = moment("Issued At", issuedAt);
  if (issuedMs > nowMs + CLOCK_TOLERANCE_MS || issuedMs < nowMs - lifeMs - CLOCK_TOLERANCE_MS) {
    throw refuse(400, `Issued At is ${issuedAt.toISOString()}`, `about now, ${new Date(nowMs).toISOString()}`);
  }
  const expiresMs = expirationTime === undefined ? undefined : moment("Expiration Time", expirationTime);
  if (expiresMs !== undefined && expiresMs <= nowMs) {
    throw refuse(400, `Expiration Time is ${new Date(expiresMs).toISOString()}`, "a time to come");
  }
  if (notBefore !== undefined && moment("Not Before", notBefore) > nowMs) {
    throw refuse(400, `Not Before is ${notBefore.toISOString()}`, `at most now, ${new Date(nowMs).toISOString()}`);
  }
  assertCanonical(text, { ...terms, address, nonce, issuedAt, expirationTime, notBefore });
  return { wallet: getAddress(address), nonce, expiresMs };
}

type Lines = SignInTerms & {
  address: Address;
  nonce: string;
  issuedAt: Date;
  expirationTime: Date | undefined;
  notBefore: Date | undefined;
};

/** What was read must be all there is: a line that the reader passes over could be what the member was shown. */
function assertCanonical(text: string, { expirationTime, notBefore, ...lines }: Lines): void {
  const write = (fields: Partial<Pick<Lines, "expirationTime" | "notBefore">>) =>
    createSiweMessage({
      ...lines,
      version: "1",
      ...(expirationTime === undefined ? {} : { expirationTime }),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...fields,
    });
  if (withoutMillis(write({})) !== withoutMillis(text)) {
    throw refuse(
      400,
      "message has lines that do not belong there",
      "the message that the nonce came with, and no more",
    );
  }
}

/** Wallet libraries write times with or without milliseconds. */
function withoutMillis(text: string): string {
  return text.replaceAll(/(T\d{2}:\d{2}:\d{2})\.\d{1,9}Z/gu, "$1Z");
}

function is(line: string, given: unknown, expected: string | number): void {
  if (given === expected) return;
  throw refuse(400, `${line} of the message is ${shown(given)}`, JSON.stringify(expected));
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 200);
}

function moment(line: string, value: Date): number {
  const ms = value.getTime();
  if (Number.isNaN(ms))
    throw refuse(400, `${line} of the message is no time`, "a time such as 2026-01-31T12:00:00.000Z");
  return ms;
}
