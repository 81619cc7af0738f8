import { type Address, encodeAbiParameters, type Hex, parseAbiParameters } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { type ApiScene, createApiScene, DOMAIN, startApiChain, URI } from "./support/api-scene.ts";
import { deployPuppet } from "./support/contract-wallet.ts";
import type { LocalChain } from "./support/local-chain.ts";

let chain: LocalChain;
let scene: ApiScene;
const stranger = privateKeyToAccount(generatePrivateKey());

beforeAll(async () => {
  chain = await startApiChain();
});
afterAll(() => chain.close());
beforeEach(async () => {
  scene = await createApiScene(chain);
});
afterEach(() => scene.close());

const home = (meter: number) => chain.account(meter);
const sessionOf = (token: string) => scene.call("/api/session", { token });

describe("signing in", () => {
  test("gives a member a session that knows the wallet", async () => {
    const token = await scene.signIn(home(1));
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/u);
    const { status, body } = await sessionOf(token);
    expect(status).toBe(200);
    expect(body).toMatchObject({ wallet: home(1).address.toLowerCase(), sessions: 1 });
  });

  test("keeps no token: the database has its hash only, the log nothing of it", async () => {
    const signed = await scene.signedMessage(home(1));
    const { body } = await scene.postSignIn(signed);
    const { token } = body as { token: string };
    await sessionOf(token);
    const rows = JSON.stringify(await scene.database.all("SELECT * FROM api_sessions"));
    expect(rows).not.toContain(token);
    expect(rows).toContain(home(1).address.toLowerCase());
    const logged = scene.lines.join("\n");
    expect(logged).not.toContain(token);
    expect(logged).not.toContain(signed.signature);
  });

  test.each([
    ["another domain", { domain: "evil.example.org" }, /^domain of the message is "evil/u],
    ["a domain that only begins alike", { domain: `${DOMAIN}.evil.example` }, /^domain/u],
    ["another address", { uri: "https://evil.example.org" }, /^URI/u],
    ["another chain", { chainId: 1 }, /^Chain ID/u],
    ["another sentence", { statement: "Give me everything" }, /^statement/u],
    ["resources besides", { resources: ["https://evil.example.org/"] }, /lines that do not belong/u],
    ["a request id besides", { requestId: "x" }, /lines that do not belong/u],
    ["a time long ago", { issuedAt: new Date(1_779_999_000_000) }, /^Issued At/u],
    ["a time to come", { issuedAt: new Date(1_780_000_300_000) }, /^Issued At/u],
    ["an expiry that is over", { expirationTime: new Date(1_779_999_999_000) }, /^Expiration Time/u],
    ["a beginning to come", { notBefore: new Date(1_780_000_100_000) }, /^Not Before/u],
  ])("refuses a message with %s, signed as it is", async (_what, changes, problem) => {
    const { status, body } = await scene.postSignIn(await scene.signedMessage(home(1), changes));
    expect({ status, ...(body as object) }).toMatchObject({
      status: 400,
      error: expect.stringMatching(problem) as string,
    });
  });

  test("refuses a replayed message, and of two at the same time one", async () => {
    const signed = await scene.signedMessage(home(1));
    const answers = await Promise.all([scene.postSignIn(signed), scene.postSignIn(signed), scene.postSignIn(signed)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 401, 401]);
    expect((await scene.postSignIn(signed)).body).toMatchObject({ error: "Nonce was used already" });
  });

  test("refuses a nonce that ran out, another wallet's, or one that somebody made up", async () => {
    const late = await scene.signedMessage(home(1));
    scene.wait(299);
    const other = (await scene.terms(home(2).address)).nonce;
    const invented = "0".repeat(68);
    for (const nonce of [other, invented, "abcdefgh12345678"]) {
      const { status, body } = await scene.postSignIn(await scene.signedMessage(home(1), { nonce }));
      expect([status, body]).toMatchObject([401, { error: expect.stringMatching(/^Nonce is none/u) as string }]);
    }
    scene.wait(2);
    expect((await scene.postSignIn(late)).status).toBe(401);
    // A message that says otherwise of its time does not help the nonce.
    const { nonce } = await scene.terms(home(1).address);
    scene.wait(301);
    expect((await scene.postSignIn(await scene.signedMessage(home(1), { nonce }))).status).toBe(401);
  });

  test("refuses another's signature, a broken one, and one over other words", async () => {
    const { message } = await scene.signedMessage(home(1));
    const foreign = await home(2).signMessage({ message });
    const words = await home(1).signMessage({ message: `${message} ` });
    for (const signature of [foreign, words, `0x${"00".repeat(65)}`, `0x${"ff".repeat(65)}`, `0x${"12".repeat(300)}`]) {
      const { status } = await scene.postSignIn({ message, signature });
      expect(status).toBe(401);
    }
    expect((await scene.report()).sessions).toBe(0);
  });

  test("turns away who is no member, and tells them no more", async () => {
    const { status, body } = await scene.postSignIn(await scene.signedMessage(stranger));
    expect([status, body]).toMatchObject([403, { error: expect.stringMatching(/no member/u) as string }]);
    // Admitted meanwhile, the stranger need not wait.
    await chain.client.writeContract({ ...chain.contract, functionName: "admitMember", args: [stranger.address] });
    expect(await scene.signIn(stranger)).toHaveLength(43);
  });

  test("lets a contract wallet in by ERC-1271, and not by another key's signature", async () => {
    const key = privateKeyToAccount(generatePrivateKey());
    const address = await deployPuppet(chain, key.address);
    await chain.client.writeContract({ ...chain.contract, functionName: "admitMember", args: [address] });
    const wallet = { address, signMessage: key.signMessage };
    expect((await sessionOf(await scene.signIn(wallet))).body).toMatchObject({ wallet: address.toLowerCase() });
    const { message } = await scene.signedMessage(wallet);
    const { status } = await scene.postSignIn({ message, signature: await home(1).signMessage({ message }) });
    expect(status).toBe(401);
  });

  test("does not take a wrapped signature of somebody else for a wallet's (ERC-6492)", async () => {
    const { message } = await scene.signedMessage(home(1));
    const inner = await home(2).signMessage({ message });
    const wrapped: Hex = `${encodeAbiParameters(parseAbiParameters("address, bytes, bytes"), [
      chain.deployment.currency,
      "0x",
      inner,
    ])}${"6492".repeat(16)}`;
    expect((await scene.postSignIn({ message, signature: wrapped })).status).toBe(401);
  });
});

describe("a session", () => {
  test("cannot be chosen by anybody: what a client brings along is never a session", async () => {
    const chosen = "A".repeat(43);
    const signed = await scene.signedMessage(home(1));
    const { body, headers } = await scene.call("/api/session", {
      method: "POST",
      json: signed,
      token: chosen,
      headers: { cookie: `session=${chosen}` },
    });
    const { token } = body as { token: string };
    expect(token).not.toBe(chosen);
    expect(headers.get("set-cookie")).toBeNull();
    expect((await sessionOf(chosen)).status).toBe(401);
    const byCookie = await scene.call("/api/session", { headers: { cookie: `session=${token}; token=${token}` } });
    expect(byCookie.status).toBe(401);
  });

  test("goes by its header only: in an address or a body it is refused", async () => {
    const token = await scene.signIn(home(1));
    for (const path of [
      `/api/session?token=${token}`,
      `/api/session?access_token=${token}`,
      `/api/events?token=${token}`,
    ]) {
      expect((await scene.call(path)).status).toBe(401);
    }
    expect((await scene.call(`/api/session?token=${token}`, { token })).status).toBe(400);
    for (const authorization of [token, `Basic ${token}`, `Bearer ${token}x`, `Bearer ${token.slice(1)}`, "Bearer "]) {
      expect((await scene.call("/api/session", { headers: { authorization } })).status).toBe(401);
    }
  });

  test("is a new one at each sign-in, and ends alone or with all others of the wallet", async () => {
    const [first, second, other] = [
      await scene.signIn(home(1)),
      await scene.signIn(home(1)),
      await scene.signIn(home(2)),
    ];
    expect(first).not.toBe(second);
    expect((await scene.call("/api/session", { method: "DELETE", token: first })).status).toBe(204);
    expect((await sessionOf(first)).status).toBe(401);
    expect((await sessionOf(second)).status).toBe(200);
    const third = await scene.signIn(home(1));
    expect((await scene.call("/api/sessions", { method: "DELETE", token: third })).status).toBe(204);
    expect([(await sessionOf(second)).status, (await sessionOf(third)).status]).toEqual([401, 401]);
    expect((await sessionOf(other)).status).toBe(200);
  });

  test("ends when it is idle, and at its end however much it is used", async () => {
    const token = await scene.signIn(home(1));
    scene.wait(86_400 - 1);
    expect((await sessionOf(token)).status).toBe(200);
    scene.wait(86_400);
    expect((await sessionOf(token)).status).toBe(401);
    const used = await scene.signIn(home(1));
    for (let day = 0; day < 13; day++) {
      scene.wait(86_400 / 2);
      expect((await sessionOf(used)).status).toBe(200);
    }
    scene.wait(86_400 / 2 + 1);
    expect((await sessionOf(used)).status).toBe(401);
  });

  test("does not outlive the message that it was begun with", async () => {
    const token = await scene.signIn(home(1), { expirationTime: new Date(scene.machineMs() + 60_000) });
    scene.wait(59);
    expect((await sessionOf(token)).status).toBe(200);
    scene.wait(2);
    expect((await sessionOf(token)).status).toBe(401);
  });

  test("of a wallet that has as many as it may ends the one that was used least recently", async () => {
    const tokens: string[] = [];
    for (let count = 0; count < 8; count++) {
      scene.wait(120);
      tokens.push(await scene.signIn(home(1)));
    }
    scene.wait(120);
    expect((await sessionOf(tokens[0] ?? "")).status).toBe(200);
    await scene.signIn(home(1));
    expect((await sessionOf(tokens[0] ?? "")).status).toBe(200);
    expect((await sessionOf(tokens[1] ?? "")).status).toBe(401);
    expect((await sessionOf(tokens[2] ?? "")).status).toBe(200);
  });
});

describe("a page of another origin", () => {
  test("reads nothing, and cannot send what a browser sends without asking", async () => {
    const token = await scene.signIn(home(1));
    const evil = { origin: "https://evil.example.org" };
    const read = await scene.call("/api/session", { token, headers: evil });
    expect(read.headers.get("access-control-allow-origin")).toBeNull();
    const ours = await scene.call("/api/session", { token, headers: { origin: URI } });
    expect(ours.headers.get("access-control-allow-origin")).toBe(URI);
    expect(ours.headers.get("access-control-allow-credentials")).toBeNull();
    const signed = await scene.signedMessage(home(1));
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const { status } = await scene.call("/api/session", {
        method: "POST",
        body: JSON.stringify(signed),
        headers: { ...evil, "content-type": type },
      });
      expect(status).toBe(415);
    }
  });
});

describe("limits", () => {
  test("unknown tokens are tried only so often from one address, and sessions go on meanwhile", async () => {
    const small = await createApiScene(chain, { api: { signInsPerMinute: 5 } });
    const token = await small.signIn(home(1));
    const tried: number[] = [];
    for (let count = 0; count < 8; count++)
      tried.push((await small.call("/api/session", { token: "B".repeat(43) })).status);
    expect(tried).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await small.call("/api/session", { token })).status).toBe(200);
    await small.close();
  });

  test("sign-ins are, too, and a session's requests", async () => {
    const small = await createApiScene(chain, { api: { signInsPerMinute: 4, requestsPerMinute: 3 } });
    const token = await small.signIn(home(1));
    const wallet: Address = home(1).address;
    const asked: number[] = [];
    for (let count = 0; count < 4; count++) {
      asked.push((await small.call("/api/session/nonce", { method: "POST", json: { wallet } })).status);
    }
    expect(asked).toEqual([200, 200, 429, 429]);
    const used: number[] = [];
    for (let count = 0; count < 5; count++) used.push((await small.call("/api/session", { token })).status);
    expect(used).toEqual([200, 200, 200, 429, 429]);
    await small.close();
  });

  test("bodies, headers and what is no JSON are refused in a sentence", async () => {
    const post = (body: string) =>
      scene.call("/api/session", { method: "POST", body, headers: { "content-type": "application/json" } });
    expect((await post("{")).status).toBe(400);
    expect((await post("[]")).status).toBe(400);
    expect((await post(JSON.stringify({ message: "x", signature: "0x12", more: 1 }))).body).toMatchObject({
      error: expect.stringMatching(/unknown key "more"/u) as string,
    });
    expect((await post(JSON.stringify({ message: "x".repeat(200_000), signature: "0x" }))).status).toBe(413);
    const long = await fetch(`${scene.url}/api/session`, {
      headers: { authorization: `Bearer ${"x".repeat(20_000)}` },
    });
    expect(long.status).toBe(431);
    expect((await scene.call("/api/session", { method: "PUT" })).status).toBe(405);
    expect((await scene.call("/api/nothing")).status).toBe(404);
  });
});
