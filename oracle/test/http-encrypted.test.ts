import { randomBytes } from "node:crypto";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { encrypt, type EncryptedRequest } from "./support/emoncms-sender.ts";
import { ANY_KEY, type HttpScene, SCENE_NOW, startHttpScene } from "./support/http-scene.ts";

const DAY_SECONDS = 86_400;
const me = { user: 1, key: ANY_KEY };

let scene: HttpScene;
beforeEach(async () => {
  scene = await startHttpScene();
});
afterEach(() => scene.close());

async function post(request: EncryptedRequest, path = "/input/post"): Promise<string> {
  const response = await fetch(`${scene.url}${path}`, { method: "POST", headers: request.headers, body: request.body });
  return response.text();
}

const values = async () => (await scene.rows()).map((row) => row.values["power1"] ?? row.values["1"]);

describe("encrypted input that is sent again", () => {
  test("with a time counts once: as it was, and encrypted anew by its sender", async () => {
    const plaintext = `node=emontx&time=${SCENE_NOW}&json={power1:5}`;
    const first = encrypt(plaintext, me);
    for (const again of [first, first, encrypt(plaintext, me)]) expect(await post(again)).toBe(first.receipt);
    expect(await values()).toEqual([5]);
    expect(scene.report()).toMatchObject({ taken: 3, repeated: 2 });
  });

  test("without a time: the same values are a new reading, the same bytes are not", async () => {
    const plaintext = "node=emontx&json={power1:5}";
    const first = encrypt(plaintext, me);
    expect(await post(first)).toBe(first.receipt);
    scene.setTime(10);
    expect(await post(encrypt(plaintext, me))).toBe(first.receipt);
    scene.setTime(3_600);
    expect(await post(first)).toBe(first.receipt);
    expect((await scene.rows()).map(({ seconds }) => seconds)).toEqual([0, 10]);
  });

  test("with times relative to its sending is not moved to the time of the replay", async () => {
    const first = encrypt(`sentat=500&data=[[490,"emontx",5],[500,"emontx",6]]`, me);
    expect(await post(first, "/input/bulk")).toBe(first.receipt);
    scene.setTime(3_600);
    expect(await post(first, "/input/bulk")).toBe(first.receipt);
    expect((await scene.rows()).map(({ seconds }) => seconds)).toEqual([-10, 0]);
  });

  test("is not taken once it is forgotten either, because its time is too old by then", async () => {
    const first = encrypt(`node=emontx&time=${SCENE_NOW}&json={power1:5}`, me);
    await post(first);
    for (const days of [6.9, 7.1, 30]) {
      scene.setTime(days * DAY_SECONDS);
      await scene.sweep();
      expect(await post(first)).toBe(first.receipt);
    }
    expect(await values()).toEqual([5]);
  });

  test("is remembered until its own time is too old, when that lies ahead", async () => {
    const ahead = encrypt(`node=emontx&time=${SCENE_NOW + 10 * DAY_SECONDS}&json={power1:5}`, me);
    expect(await post(ahead)).toBe(ahead.receipt);
    // Refused as coming from the future. Whoever kept it must not have it taken when that time has come.
    scene.setTime(10 * DAY_SECONDS);
    await scene.sweep();
    expect(await post(ahead)).toBe(ahead.receipt);
    expect(await values()).toEqual([]);
  });

  test("at the same moment is stored once", async () => {
    const first = encrypt("node=emontx&json={power1:5}", me);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(first)));
    expect(new Set(answers)).toEqual(new Set([first.receipt]));
    expect(await values()).toEqual([5]);
  });

  test("does not use up what its sender may send", async () => {
    await scene.close();
    scene = await startHttpScene({ requestsPerMinute: 2 });
    const first = encrypt("node=emontx&json={power1:5}", me);
    for (let times = 0; times < 20; times++) expect(await post(first)).toBe(first.receipt);
    const second = encrypt("node=emontx&json={power1:6}", me);
    expect(await post(second)).toBe(second.receipt);
    expect(await post(encrypt("node=emontx&json={power1:7}", me))).toContain("Too many requests");
    expect(await values()).toEqual([5, 6]);
  });

  test("needs a time where the config says so", async () => {
    await scene.close();
    scene = await startHttpScene({ encryptedNeedsTime: true });
    expect(await post(encrypt("node=emontx&json={power1:5}", me))).toContain("needs a time");
    const timed = encrypt(`node=emontx&time=${SCENE_NOW}&json={power1:5}`, me);
    expect(await post(timed)).toBe(timed.receipt);
  });
});

describe("an envelope that is not from the sender", () => {
  test("is answered the same, whatever is wrong with it", async () => {
    const { headers, body } = encrypt("node=emontx&data=100,200,300,400", me);
    const bytes = Buffer.from(body, "base64url");
    const changed = (at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy.toString("base64url");
    };
    const answers = new Set<string>();
    // Another vector, a wrong padding, a block less, another message, noise.
    for (const other of [
      changed(0),
      changed(bytes.length - 17),
      changed(bytes.length - 1),
      bytes.subarray(0, -16).toString("base64url"),
      encrypt("node=emontx&data=1", me).body,
      randomBytes(64).toString("base64url"),
    ]) {
      const response = await fetch(`${scene.url}/input/post`, { method: "POST", headers, body: other });
      answers.add(`${response.status} ${await response.text()}`);
    }
    expect(answers).toEqual(new Set(["401 Invalid API key"]));
    expect(await scene.rows()).toEqual([]);
  });

  test("that is none is refused", async () => {
    const { headers, body } = encrypt("node=emontx&data=100,200", me);
    for (const other of ["", "AAAA", "!".repeat(64), "A".repeat(60)]) {
      const response = await fetch(`${scene.url}/input/post`, { method: "POST", headers, body: other });
      expect([response.status, await response.text()]).toEqual([401, "The body should be base64 of AES-128-CBC"]);
    }
    for (const authorization of ["", `Bearer ${ANY_KEY}`, "1:abc", `1:${"0".repeat(63)}g`]) {
      const response = await fetch(`${scene.url}/input/post`, {
        method: "POST",
        headers: { ...headers, authorization },
        body,
      });
      expect([response.status, await response.text()]).toEqual([
        401,
        "authorization header format should be userid:hmac",
      ]);
    }
  });
});
