import { PassThrough } from "node:stream";

import { CommonwattError } from "@commonwatt/sdk/commonwatt-error";
import { describe, expect, test } from "vitest";

import { KeyUnavailableError } from "./key-signer.ts";
import type { Signer } from "./signer.ts";
import { serveSigner } from "./serve.ts";

const signer: Signer = {
  devices: () => Promise.resolve([]),
  signProfile: () => Promise.reject(new Error("not asked for")),
  provePossession: () => Promise.reject(new CommonwattError("the vault is closed")),
};

const answers = (...lines: string[]) => answersOf(signer, ...lines);

async function answersOf(asked: Signer, ...lines: string[]): Promise<unknown[]> {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(`${lines.join("\n")}\n`);
  await serveSigner(asked, input, output);
  output.end();
  const text = (await output.toArray()).join("");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

describe("the signer's line protocol", () => {
  test("answers each request with its id, in order", async () => {
    expect(await answers('{"id":4,"method":"devices"}', "", '{"id":5,"method":"devices"}')).toEqual([
      { id: 4, result: [] },
      { id: 5, result: [] },
    ]);
  });

  test("passes on why the signer refused", async () => {
    const request = { id: 9, method: "provePossession", meter: 1, importRegister: "0", exportRegister: "0" };
    expect(await answers(JSON.stringify(request))).toEqual([{ id: 9, error: "the vault is closed" }]);
  });

  test.each([
    ["a full disk", new Error("database or disk is full")],
    ["a key that cannot be read", new KeyUnavailableError("the passphrase file is gone")],
  ])("tells %s from a refusal: it may pass", async (_what, error) => {
    const request = { id: 9, method: "provePossession", meter: 1, importRegister: "0", exportRegister: "0" };
    const troubled = { ...signer, provePossession: () => Promise.reject(error) };
    expect(await answersOf(troubled, JSON.stringify(request))).toEqual([
      { id: 9, error: error.message, passing: true },
    ]);
  });

  test("knows no request but its three: a message or transaction of the caller's making is never signed", async () => {
    const [message, transaction] = await answers(
      '{"id":1,"method":"signMessage","message":"0x00"}',
      '{"id":2,"method":"signProfile","device":"0x5FbDB2315678afecb367f032d93F642f64180aa3","hash":"0x00"}',
    );
    expect(message).toMatchObject({ id: 1, error: expect.stringMatching(/devices|method/u) as string });
    expect(transaction).toMatchObject({ id: 2, error: expect.stringMatching(/profile/u) as string });
  });

  test("survives a line that is no request", async () => {
    expect(await answers("{", "null", '{"id":"x"}', '{"id":6,"method":"devices"}')).toMatchObject([
      { id: 0 },
      { id: 0 },
      { id: 0 },
      { id: 6, result: [] },
    ]);
  });
});
