import { describe, expect, it } from "vitest";

import { AT } from "../test/samples.ts";
import { parseDeployment } from "./deployment.ts";

const deployment = {
  name: "Sunny Street",
  ...AT,
  deploymentBlock: 3,
  currency: "0x4000000000000000000000000000000000000004",
  deviceRegistry: "0x5000000000000000000000000000000000000005",
  accessManager: "0x6000000000000000000000000000000000000006",
};
const account = {
  name: "Ada",
  role: "prosumer",
  address: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  privateKey: `0x${"59".repeat(32)}`,
  meter: 7,
};

describe("parseDeployment", () => {
  it("takes the least and the most a deployment can say, as text or parsed", () => {
    expect(parseDeployment(deployment)).toEqual(deployment);
    const full = {
      ...deployment,
      rpcUrl: "http://127.0.0.1:8545",
      boardUrl: "http://127.0.0.1:8080/board",
      demo: { accounts: [account] },
    };
    expect(parseDeployment(JSON.stringify(full))).toEqual(full);
  });

  it.each([
    [{ token: "0x12" }, 'deployment: token is "0x12", expected an address: 0x and 40 hex digits'],
    [{ marketplace: undefined }, "deployment: marketplace is undefined, expected an address"],
    [{ chainId: "1" }, 'deployment: chainId is "1", expected number'],
    [{ rpcUrl: "localhost" }, 'deployment: rpcUrl is "localhost", expected a URL'],
    [{ tokn: AT.token }, 'key of the deployment is "tokn", expected no such key'],
    [{ demo: { accounts: [{ ...account, privateKey: "0x12" }] } }, 'deployment: demo.accounts.0.privateKey is "0x12"'],
  ])("refuses %o", (change, message) => {
    expect(() => parseDeployment({ ...deployment, ...change })).toThrow(message);
  });

  it("refuses what is no JSON, and says so", () => {
    expect(() => parseDeployment("<html>")).toThrow('deployment is "<html>", expected JSON');
  });
});
