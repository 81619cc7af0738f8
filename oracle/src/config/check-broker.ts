import { isIP } from "node:net";

import type { BrokerConfig } from "./schema.ts";

/**
 * What no schema can say about the broker.
 *
 * @returns One line per problem.
 */
export function checkBroker(broker: BrokerConfig): string[] {
  return broker.kind === "embedded" ? checkEmbedded(broker) : checkExternal(broker);
}

function checkEmbedded({ host, usersFile, readers }: Extract<BrokerConfig, { kind: "embedded" }>): string[] {
  if (usersFile !== undefined) return [];
  const problems: string[] = [];
  if (!isLoopback(host)) {
    problems.push(
      `broker.usersFile: missing, expected a file with users because broker.host ${JSON.stringify(host)} is not a ` +
        "loopback address: anyone who reaches it could publish readings",
    );
  }
  if (readers.length > 0) {
    problems.push(`broker.readers: ${JSON.stringify(readers)}, expected none without broker.usersFile`);
  }
  return problems;
}

function checkExternal(broker: Extract<BrokerConfig, { kind: "external" }>): string[] {
  const { url, usernameFile, passwordFile, certificateFile, keyFile } = broker;
  const problems: string[] = [];
  const isTls = /^(mqtts|wss):/u.test(url);
  for (const key of ["caFile", "certificateFile", "keyFile"] as const) {
    if (!isTls && broker[key] !== undefined)
      problems.push(`broker.${key}: given, expected broker.url to begin with mqtts:// or wss:// then`);
  }
  if ((certificateFile === undefined) !== (keyFile === undefined))
    problems.push("broker.certificateFile, broker.keyFile: one is missing, expected both or neither");
  if (passwordFile !== undefined && usernameFile === undefined)
    problems.push("broker.usernameFile: missing, expected one beside broker.passwordFile");
  const { username, password } = new URL(url);
  if (username !== "" || password !== "")
    problems.push("broker.url: holds a user name or password, expected them in broker.usernameFile and passwordFile");
  return problems;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
