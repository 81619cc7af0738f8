import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";

/** Accounts of those who run a neighbourhood, by what they do. The submitter pays for the oracle's transactions. */
export const ACCOUNTS = [
  "submitter",
  "operator",
  "governor",
  "guardian",
  "treasurer",
  "announcer",
  "admin",
  "deployer",
] as const;
export type Account = (typeof ACCOUNTS)[number];

/** Whose key: a meter's device, or one of the accounts. */
export type KeyOwner = { meter: number } | Account;

/** Where a key stands among those of its owner. Only a meter has others than the current one. */
export type Standing = "current" | "next" | "retired" | "revoked";

/** The key's owner, for a sentence. */
export const nameOf = (owner: KeyOwner) => (typeof owner === "string" ? `the ${owner}` : `meter ${owner.meter}`);

const stem = (owner: KeyOwner) => (typeof owner === "string" ? owner : `meter-${owner.meter}`);

/** Name of the file of a key. One that is no longer in force has its address in the name: there may be many. */
export function fileName(owner: KeyOwner, standing: Standing = "current", address = ""): string {
  if (standing === "current") return `${stem(owner)}.json`;
  if (standing === "next") return `${stem(owner)}.next.json`;
  return `${stem(owner)}.${standing}-${address.replace(/^0x/u, "").toLowerCase()}.json`;
}

const FILE = /^(?:meter-([1-9]\d{0,9})|([a-z]+))(?:\.(next)|\.(retired|revoked)-[\da-f]{40})?\.json$/u;

/** What {@link fileName} wrote; undefined when the file is no key's. */
export function readFileName(name: string): { owner: KeyOwner; standing: Standing } | undefined {
  const [matched, meter, account, next, ended] = FILE.exec(name) ?? [];
  if (matched === undefined) return undefined;
  const standing = (next ?? ended ?? "current") as Standing;
  if (meter !== undefined) return { owner: { meter: Number(meter) }, standing };
  return isAccount(account) ? { owner: account, standing } : undefined;
}

/**
 * An account by the name given on the command line.
 *
 * @throws CommonwattError naming those there are.
 */
export function readAccount(text: string): Account {
  if (isAccount(text)) return text;
  throw new CommonwattError(`There is no account ${JSON.stringify(text)}, expected one of ${ACCOUNTS.join(", ")}`);
}

function isAccount(text: string | undefined): text is Account {
  return (ACCOUNTS as readonly (string | undefined)[]).includes(text);
}
