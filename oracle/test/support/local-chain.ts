import { neighbourhoodAbi } from "@commonwatt/sdk/generated/abis";
import hre from "hardhat";
import { type Address, parseAbi, toFunctionSelector } from "viem";
import { mnemonicToAccount } from "viem/accounts";

import { createOperator, createRegistrar, deployStreet, MNEMONIC } from "./street-on-chain.ts";

export { CLOSING_WINDOW_SECONDS, COMMUNITY_PRICE_TICKS, NETWORK_CHARGE_TICKS } from "./street-on-chain.ts";

const ANNOUNCER_ROLE = 5n;
const ACCESS_MANAGER = parseAbi([
  "function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
  "function revokeRole(uint64 roleId, address account)",
]);

/** A real node with the real contracts, whose clock moves only when it is told to. */
export type LocalChain = Awaited<ReturnType<typeof startLocalChain>>;

/** Starts the node at a moment, deploys everything, and gives account 0 every right. */
export async function startLocalChain(startSeconds: number) {
  const override = { initialDate: new Date(startSeconds * 1000).toISOString() };
  const server = await hre.network.createServer({ network: "demo", override }, "127.0.0.1", 0);
  const { port } = await server.listen();
  const rpcUrl = `http://127.0.0.1:${port}`;
  const client = createOperator(rpcUrl, "hardhat");
  const operator = client.account;
  const deployment = await deployStreet(client);
  const { accessManager, neighbourhood } = deployment;
  const contract = { address: neighbourhood, abi: neighbourhoodAbi } as const;

  return {
    rpcUrl,
    client,
    deployment,
    contract,
    /** Account of a mnemonic's position; account 0 is the operator. */
    account: (addressIndex: number) => mnemonicToAccount(MNEMONIC, { addressIndex }),
    ...createRegistrar(client, deployment),
    /** Lets an account announce days, besides the operator, or no longer. */
    async letAnnounce(announcer: Address, may = true): Promise<void> {
      const manager = { address: accessManager, abi: ACCESS_MANAGER } as const;
      const selector = toFunctionSelector("announce(uint32,uint256)");
      await client.writeContract({
        ...manager,
        functionName: "setTargetFunctionRole",
        args: [neighbourhood, [selector], ANNOUNCER_ROLE],
      });
      await client.writeContract({
        ...manager,
        functionName: "grantRole",
        args: [ANNOUNCER_ROLE, operator.address, 0],
      });
      if (may)
        await client.writeContract({ ...manager, functionName: "grantRole", args: [ANNOUNCER_ROLE, announcer, 0] });
      else await client.writeContract({ ...manager, functionName: "revokeRole", args: [ANNOUNCER_ROLE, announcer] });
    },
    /** Mines a block at a moment, unix seconds. */
    async mineAt(timestamp: number): Promise<void> {
      await client.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
      await client.mine({ blocks: 1 });
    },
    close: () => server.close(),
  };
}
