import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import {
  BaseError,
  ChainMismatchError,
  createPublicClient,
  custom,
  encodeErrorResult,
  type Hex,
  http,
  InsufficientFundsError,
  NonceTooLowError,
  ProviderRpcError,
  TimeoutError,
  TransactionExecutionError,
  UserRejectedRequestError,
  WaitForTransactionReceiptTimeoutError,
} from "viem";
import { mainnet } from "viem/chains";
import { describe, expect, it } from "vitest";

import { AT } from "../test/samples.ts";
import { CommonwattError, explainError, InvalidValueError } from "./errors.ts";
import { marketplaceAbi } from "./generated/abis.ts";

const overfilled = encodeErrorResult({
  abi: marketplaceAbi,
  errorName: "OfferOverfilled",
  args: [7n, 2_500n, 1_234n],
});
const OVERFILLED = "Offer 7 has only 1.234 kWh left, less than the 2.500 kWh asked for.";
const NO_ETHER = "This account has too little ether to pay the network's transaction fee.";
const UNREACHABLE = "The network did not answer. Check the connection, then try again.";

/** What viem throws when a node answers a contract call with this JSON-RPC error. */
async function failedCall(error: unknown): Promise<unknown> {
  const client = createPublicClient({
    transport: custom(
      {
        request: () => Promise.reject(error as Error),
      },
      { retryCount: 0 },
    ),
  });
  return client.readContract({ address: AT.marketplace, abi: marketplaceAbi, functionName: "networkChargeTicks" }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

function rpcError(code: number, message: string, data?: unknown): Error {
  return Object.assign(new Error(message), { code, data });
}

/** What a wallet's refusal looks like after viem has wrapped it. */
function sending(cause: BaseError): TransactionExecutionError {
  return new TransactionExecutionError(cause, { account: null, to: AT.marketplace });
}

describe("explainError of a contract's refusal", () => {
  it.each([
    ["viem's error, as nodes answer", rpcError(3, "execution reverted", overfilled)],
    ["data inside data", rpcError(-32603, "reverted", { data: overfilled, message: "reverted" })],
    ["data a wallet wraps", rpcError(-32603, "reverted", { originalError: { code: 3, data: overfilled } })],
  ])("reads %s", async (_name, error) => {
    expect(explainError(await failedCall(error))).toBe(OVERFILLED);
  });

  it("reads a raw JSON-RPC error and revert data alone", () => {
    expect(explainError({ code: 3, message: "execution reverted", data: overfilled })).toBe(OVERFILLED);
    expect(explainError(overfilled)).toBe(OVERFILLED);
  });

  it("reads an error of the currency that the called contract's ABI does not have", async () => {
    const abi = [
      {
        type: "error",
        name: "ERC20InsufficientBalance",
        inputs: [
          { name: "sender", type: "address" },
          { name: "balance", type: "uint256" },
          { name: "needed", type: "uint256" },
        ],
      },
    ] as const;
    const data: Hex = encodeErrorResult({
      abi,
      errorName: "ERC20InsufficientBalance",
      args: [AT.token, 0n, 1_000_000n],
    });
    expect(explainError(await failedCall(rpcError(3, "execution reverted", data)))).toBe(
      "0x2000…0002 has 0.00 EUR, but 1.00 EUR is needed.",
    );
  });

  it("says so when there is no reason", () => {
    expect(explainError({ code: 3, message: "execution reverted", data: "0x" })).toBe(
      "The contract refused without giving a reason.",
    );
  });
});

describe("explainError of a wallet's or a node's refusal", () => {
  it.each([
    [4001, "You declined in your wallet. Nothing was sent."],
    [4100, "Your wallet has not given this page access to the account. Connect it again."],
    [4902, "Your wallet does not know this network yet. Add it there first."],
    [-32002, "Your wallet is still waiting for an answer to an earlier question. Open it and answer there."],
  ])("knows code %s, bare and wrapped", (code, text) => {
    const error = rpcError(code, "User rejected the request.");
    expect(explainError({ code, message: "no" })).toBe(text);
    expect(explainError(sending(new ProviderRpcError(error, { code, shortMessage: "no" })))).toBe(text);
  });

  it("knows viem's class of a refusal", () => {
    expect(explainError(sending(new UserRejectedRequestError(new Error("no"))))).toMatch(/^You declined/u);
  });

  it("knows an account without ether, in the words of several nodes", async () => {
    expect(explainError(sending(new InsufficientFundsError()))).toBe(NO_ETHER);
    expect(
      explainError(await failedCall(rpcError(-32000, "insufficient funds for gas * price + value: balance 0"))),
    ).toBe(NO_ETHER);
    expect(
      explainError(rpcError(-32000, "Sender doesn't have enough funds to send tx. The max upfront cost is: 5")),
    ).toBe(NO_ETHER);
  });

  it.each([
    [new ChainMismatchError({ chain: mainnet, currentChainId: 5 }), "Your wallet is on another network."],
    [sending(new NonceTooLowError()), "Another transaction of this account came in between. Try again."],
    [new WaitForTransactionReceiptTimeoutError({ hash: "0x12" }), "The transaction was sent but is not confirmed yet."],
    [new TimeoutError({ body: {}, url: "http://node" }), "The network took too long to answer. Try again."],
    [new TypeError("Failed to fetch"), UNREACHABLE],
  ])("knows %s", (error, text) => {
    expect(explainError(error)).toContain(text);
  });
});

describe("explainError of a broken connection", () => {
  it("knows a node that is not there", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const client = createPublicClient({ transport: http(`http://127.0.0.1:${port}`, { retryCount: 0 }) });
    const error = await client.getBlockNumber().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(explainError(error)).toBe(UNREACHABLE);
  });

  it("knows a node that refuses", async () => {
    const server = createServer((_request, response) => response.writeHead(429).end("slow down"));
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const client = createPublicClient({ transport: http(`http://127.0.0.1:${port}`, { retryCount: 0 }) });
    const error = await client.getBlockNumber().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await new Promise((resolve) => server.close(resolve));
    expect(explainError(error)).toBe("The network's server refused the request (HTTP 429). Try again later.");
  });
});

describe("explainError of anything else", () => {
  it("repeats this project's own words, without details", () => {
    expect(explainError(new CommonwattError("The board is full", { details: "10,000 offers" }))).toBe(
      "The board is full.",
    );
    expect(explainError(new Error("outer", { cause: new InvalidValueError("meter", 0, "1 or more") }))).toBe(
      "meter is 0, expected 1 or more.",
    );
  });

  it("knows what was stopped on purpose", () => {
    const controller = new AbortController();
    controller.abort();
    expect(explainError(controller.signal.reason)).toBe("This was stopped.");
  });

  it.each([
    [new Error("something odd"), "something odd."],
    [new BaseError("Short.", { details: "long" }), "Short."],
    ["just text", "just text."],
    [{ message: "no class" }, "no class."],
    [undefined, "undefined."],
    [null, "null."],
    [new Error(""), "Something went wrong, without a word why."],
  ])("of %s says %s", (error, text) => {
    expect(explainError(error)).toBe(text);
  });

  it("ends even when errors cause each other in a circle", () => {
    const first = new Error("first");
    first.cause = new Error("second", { cause: first });
    expect(explainError(first)).toBe("first.");
  });
});
