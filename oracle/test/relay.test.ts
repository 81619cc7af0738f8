import { demoEuroAbi, energyTokenAbi, marketplaceAbi } from "@commonwatt/sdk/generated/abis";
import { marketplaceDomain, neighbourhoodDomain } from "@commonwatt/sdk/domains";
import { tokenId, meterNumber } from "@commonwatt/sdk/ids";
import { buildOffer, offerTypedData } from "@commonwatt/sdk/offers";
import { type DayProfile, MEASURED } from "@commonwatt/sdk/profile";
import { dayProfileTypedData, toSignedProfile } from "@commonwatt/sdk/profile-signing";
import { dayEnd, dayOf, firstInterval } from "@commonwatt/sdk/time";
import { type Address, concatHex, type Hex, numberToHex, parseEther, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { createKeySigner } from "../src/signer/key-signer.ts";
import { openSignerMemory } from "../src/signer/memory.ts";
import { API_START, type ApiScene, createApiScene, IDLE, startApiChain } from "./support/api-scene.ts";
import { deployCode } from "./support/contract-wallet.ts";
import { createKeySource } from "./support/key-source.ts";
import type { LocalChain } from "./support/local-chain.ts";
import { createRelayRequests } from "./support/relay-requests.ts";

const DAY = dayOf(API_START);
const FUNDS = 1_000_000n;
type Answered = { id: Hex; state: string; reason: string | null; transactionHash: Hex | null; gas: number };

let chain: LocalChain;
let scene: ApiScene;
let requests: ReturnType<typeof createRelayRequests>;

beforeAll(async () => {
  chain = await startApiChain();
  requests = createRelayRequests(chain, BigInt(API_START + 365 * 86_400));
});
afterAll(() => chain.close());
beforeEach(async () => {
  scene = await createApiScene(chain);
});
afterEach(async () => {
  await chain.client.setAutomine(true);
  await scene.close();
});

const home = (meter: number) => chain.account(meter);
const post = (token: string, json: unknown, where = scene) => where.call("/api/relay", { method: "POST", token, json });
const stateOf = async (token: string, id: Hex, where = scene) =>
  (await where.call(`/api/relay/${id}`, { token })).body as Answered;
const termsOf = async (token: string) =>
  (await scene.call("/api/relay", { token })).body as { actionsLeft: number; gasLeft: number };
const sentByOracle = () => chain.client.getTransactionCount({ address: scene.submitterAddress });

/** Has an action relayed, to its end. */
async function relay(token: string, json: unknown): Promise<Answered> {
  const { status, body } = await post(token, json);
  if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`);
  await scene.sendRounds();
  return stateOf(token, (body as Answered).id);
}

const mint = (account: Address, amount: bigint) =>
  chain.client.writeContract({
    address: chain.deployment.currency,
    abi: demoEuroAbi,
    functionName: "mint",
    args: [account, amount],
  });
const accountBalance = (account: Address) =>
  chain.client.readContract({ ...chain.contract, functionName: "accountBalance", args: [account] });

/** A member with money in their account and no ether at all. */
async function poorMember() {
  const member = privateKeyToAccount(generatePrivateKey());
  await chain.client.writeContract({ ...chain.contract, functionName: "admitMember", args: [member.address] });
  await mint(chain.client.account.address, FUNDS);
  const money = { address: chain.deployment.currency, abi: demoEuroAbi } as const;
  await chain.client.writeContract({
    ...money,
    functionName: "approve",
    args: [chain.deployment.neighbourhood, FUNDS],
  });
  await chain.client.writeContract({ ...chain.contract, functionName: "deposit", args: [member.address, FUNDS] });
  return { member, token: await scene.signIn(member) };
}

describe("a member without ether", () => {
  test("deposits, funds, defunds and withdraws money, sets settings, approves and cancels by signing", async () => {
    const member = privateKeyToAccount(generatePrivateKey());
    await chain.addMeter(100, member.address);
    const key = generatePrivateKey();
    const signer = createKeySigner(
      createKeySource([{ meter: 100, privateKey: key }]),
      neighbourhoodDomain(chain.deployment),
      openSignerMemory(":memory:"),
    );
    await chain.addDevice(100, await signer.provePossession(100, { importRegister: 0n, exportRegister: 0n }));
    await mint(member.address, FUNDS);
    const token = await scene.signIn(member);
    expect(await relay(token, await requests.depositWithPermit(member, 1_000n))).toMatchObject({ state: "confirmed" });
    expect(await accountBalance(member.address)).toBe(1_000n);
    expect(await relay(token, await requests.meterMoney("fundMeter", member, 100, 600n))).toMatchObject({
      state: "confirmed",
      reason: null,
    });
    await relay(token, await requests.meterMoney("defundMeter", member, 100, 200n));
    await relay(token, await requests.withdraw(member, home(9).address, 300n));
    expect(await accountBalance(member.address)).toBe(300n);
    const settings = { sharing: true, community: true, askTicks: 0, bidTicks: 0 };
    await relay(token, await requests.setSettings(member, 100, settings));
    expect(
      await chain.client.readContract({ ...chain.contract, functionName: "queuedSettings", args: [100] }),
    ).toMatchObject([expect.any(Number), settings]);
    await relay(token, await requests.approval(member, chain.deployment.marketplace, true));
    await relay(token, await requests.permitMarketplace(member, 777n));
    const allowance = { address: chain.deployment.currency, abi: demoEuroAbi, functionName: "allowance" } as const;
    expect(
      await chain.client.readContract({ ...allowance, args: [member.address, chain.deployment.marketplace] }),
    ).toBe(777n);
    await relay(token, await requests.cancel(member, 5n));
    await relay(token, await requests.cancelAll(member, 9n));
    const offer = { address: chain.deployment.marketplace, abi: marketplaceAbi, functionName: "offerStatus" } as const;
    expect((await chain.client.readContract({ ...offer, args: [member.address, 8n] }))[1]).toBe(false);
    await relay(token, await requests.revokeDevice(member, 100));
    const { device } = await chain.client.readContract({ ...chain.contract, functionName: "meter", args: [100] });
    expect(
      await chain.client.readContract({ ...chain.contract, functionName: "deviceState", args: [device] }),
    ).toMatchObject({ active: false });
    expect(await chain.client.getBalance({ address: member.address })).toBe(0n);
  });

  test("buys, moves and uses energy by signing", async () => {
    const [seller, buyer] = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
    const [sellersDevice, buyersDevice] = [await newDevice(201, seller.address), await newDevice(202, buyer.address)];
    if ((await chain.client.getBlock()).timestamp < BigInt(dayEnd(DAY))) await chain.mineAt(dayEnd(DAY) + 60);
    await recordDay(sellersDevice, { imports: 0, exports: 20 });
    const remaining = await recordDay(buyersDevice, { imports: 10, exports: 0 });
    await mint(buyer.address, FUNDS);
    const [ofSeller, ofBuyer] = [await scene.signIn(seller), await scene.signIn(buyer)];
    await relay(ofSeller, await requests.approval(seller, chain.deployment.marketplace, true));
    await relay(ofBuyer, await requests.permitMarketplace(buyer, FUNDS));
    const first = firstInterval(DAY);
    const offer = buildOffer({
      ...{ seller: seller.address, token: chain.deployment.token, meter: 201, nonce: 1 },
      ...{ firstInterval: first, lastInterval: first + 95, priceTicks: 1_500, expiry: API_START + 30 * 86_400 },
    });
    const signature = await seller.signTypedData(offerTypedData(marketplaceDomain(chain.deployment), offer));
    const fills = [{ offer, signature, firstInterval: first, energyWh: [5, 5] }];
    expect(await relay(ofBuyer, await requests.fillMany(buyer, fills, FUNDS))).toMatchObject({ state: "confirmed" });
    const id = tokenId(meterNumber(201), first);
    const balance = (account: Address) =>
      chain.client.readContract({
        address: chain.deployment.token,
        abi: energyTokenAbi,
        functionName: "balanceOf",
        args: [account, id],
      });
    expect(await balance(buyer.address)).toBe(5n);
    await relay(ofBuyer, await requests.transferBatch(buyer, home(9).address, [id], [2n]));
    expect(await balance(buyer.address)).toBe(3n);
    const ranges = [{ meter: 201, firstInterval: first, energyWh: [3] }];
    const used = { meter: 202, day: DAY, remainingImports: remaining, ranges };
    expect(await relay(ofBuyer, await requests.retire(buyer, used))).toMatchObject({ state: "confirmed" });
    expect(await balance(buyer.address)).toBe(0n);
  });

  /** A new meter's device. */
  async function newDevice(meter: number, owner: Address) {
    await chain.addMeter(meter, owner);
    const key = generatePrivateKey();
    const signer = createKeySigner(
      createKeySource([{ meter, privateKey: key }]),
      neighbourhoodDomain(chain.deployment),
      openSignerMemory(":memory:"),
    );
    await chain.addDevice(meter, await signer.provePossession(meter, { importRegister: 0n, exportRegister: 0n }));
    return privateKeyToAccount(key);
  }

  /** Puts the day on chain; returns what of its import is to be covered. */
  async function recordDay(
    account: ReturnType<typeof privateKeyToAccount>,
    units: { imports: number; exports: number },
  ): Promise<Hex> {
    const profile: DayProfile = {
      day: DAY,
      importRegister: BigInt(units.imports * 96),
      exportRegister: BigInt(units.exports * 96),
      quality: Array<typeof MEASURED>(96).fill(MEASURED),
      imports: Array<number>(96).fill(units.imports),
      exports: Array<number>(96).fill(units.exports),
    };
    const typed = dayProfileTypedData(neighbourhoodDomain(chain.deployment), profile);
    const signed = toSignedProfile(profile, await account.signTypedData(typed));
    await chain.client.writeContract({ ...chain.contract, functionName: "record", args: [signed] });
    return concatHex(profile.imports.map((value) => numberToHex(value, { size: 2 })));
  }
});

describe("an action", () => {
  test("that comes again is sent once, and has one id", async () => {
    const { member, token } = await poorMember();
    const request = await requests.withdraw(member, home(9).address, 10n);
    const before = await sentByOracle();
    const answers = await Promise.all([post(token, request), post(token, request), post(token, request)]);
    const ids = new Set(answers.flatMap(({ status, body }) => (status === 202 ? [(body as Answered).id] : [])));
    expect(ids.size).toBe(1);
    await scene.sendRounds();
    expect((await post(token, request)).body).toMatchObject({ state: "confirmed" });
    await scene.sendRounds();
    expect(await sentByOracle()).toBe(before + 1);
    expect(await accountBalance(member.address)).toBe(FUNDS - 10n);
    expect(await scene.database.all("SELECT * FROM relay_actions")).toHaveLength(1);
  });

  test("that the contract would refuse is answered in plain words, and costs nothing", async () => {
    const { member, token } = await poorMember();
    const left = await termsOf(token);
    const { status, body } = await post(token, await requests.withdraw(member, home(9).address, FUNDS + 1n));
    expect(status).toBe(422);
    expect((body as { error: string }).error).toMatch(/\.$/u);
    expect((body as { error: string }).error).not.toMatch(/revert|InsufficientAccount|Error/u);
    expect(await termsOf(token)).toEqual(left);
    expect(await scene.database.all("SELECT * FROM relay_actions")).toEqual([]);
  });

  test("that became impossible while it waited is refused without a transaction, counts for nothing, and may come again", async () => {
    const { member, token } = await poorMember();
    const left = await termsOf(token);
    const request = await requests.withdraw(member, home(9).address, FUNDS);
    const { id } = (await post(token, request)).body as Answered;
    await chain.client.setBalance({ address: member.address, value: parseEther("1") });
    const own = { ...chain.contract, account: member } as const;
    await chain.client.writeContract({ ...own, functionName: "withdraw", args: [member.address, 1n] });
    const before = await sentByOracle();
    await scene.sendRounds();
    expect(await stateOf(token, id)).toMatchObject({ state: "refused", transactionHash: null });
    expect((await stateOf(token, id)).reason).toMatch(/\.$/u);
    expect(await sentByOracle()).toBe(before);
    expect(await termsOf(token)).toEqual(left);
    const money = { address: chain.deployment.currency, abi: demoEuroAbi, account: member } as const;
    await chain.client.writeContract({ ...money, functionName: "approve", args: [chain.deployment.neighbourhood, 1n] });
    await chain.client.writeContract({ ...own, functionName: "deposit", args: [member.address, 1n] });
    expect(await relay(token, request)).toMatchObject({ id, state: "confirmed" });
  });

  test("goes in the order of its number: one that is used, or to come, is refused", async () => {
    const { member, token } = await poorMember();
    const later = await requests.withdraw(member, home(9).address, 1n, 1n);
    expect((await post(token, later)).status).toBe(409);
    await relay(token, await requests.withdraw(member, home(9).address, 1n));
    const used = await requests.withdraw(member, home(9).address, 2n, 0n);
    expect((await post(token, used)).body).toMatchObject({ error: "nonce is 0, which was used already" });
    expect(await relay(token, later)).toMatchObject({ state: "confirmed" });
  });

  test("that a stranger takes out of the oracle's hands and sends first is done once, and the oracle loses little", async () => {
    const { member, token } = await poorMember();
    const request = await requests.withdraw(member, home(9).address, 5n);
    await chain.client.setAutomine(false);
    const { id } = (await post(token, request)).body as Answered;
    await scene.sendRounds(1);
    expect(await stateOf(token, id)).toMatchObject({ state: "sent" });
    // The same call, at a higher fee, in the same block.
    const front = { ...chain.contract, functionName: "withdrawBySig" } as const;
    const args = [member.address, home(9).address, 5n, BigInt(request.deadline), request.signature] as const;
    await chain.client.writeContract({
      ...front,
      args,
      maxPriorityFeePerGas: 50_000_000_000n,
      maxFeePerGas: 100_000_000_000n,
      // Else it would be estimated on the pending block, which has the action already.
      gas: 300_000n,
    });
    await chain.client.mine({ blocks: 1 });
    await chain.client.setAutomine(true);
    await scene.sendRounds();
    const state = await stateOf(token, id);
    expect(state).toMatchObject({ state: "failed" });
    expect(state.reason).toMatch(/sent by somebody else/u);
    expect(state.gas).toBeLessThan(120_000);
    expect(await accountBalance(member.address)).toBe(FUNDS - 5n);
    expect((await post(token, request)).status).toBe(409);
  });
});

describe("nobody but its author", () => {
  test("has an action sent: not a stranger, not a neighbour with it in hand, not with another signature", async () => {
    const { member } = await poorMember();
    const neighbour = await scene.signIn(home(2));
    const request = await requests.withdraw(member, home(2).address, 10n);
    expect((await scene.call("/api/relay", { method: "POST", json: request })).status).toBe(401);
    expect((await post(neighbour, request)).status).toBe(422);
    expect((await post(neighbour, await requests.meterMoney("fundMeter", home(1), 1, 1n))).status).toBe(422);
    const forged = { ...request, signature: `0x${"11".repeat(65)}` };
    expect((await post(await scene.signIn(member), forged)).status).toBe(422);
    const changed = { ...request, amountBaseUnits: "11" };
    expect((await post(await scene.signIn(member), changed)).status).toBe(422);
    expect(await scene.database.all("SELECT * FROM relay_actions")).toEqual([]);
  });

  test("learns of it", async () => {
    const { member, token } = await poorMember();
    const { id } = await relay(token, await requests.withdraw(member, home(9).address, 1n));
    const neighbour = await scene.signIn(home(2));
    expect((await scene.call(`/api/relay/${id}`, { token: neighbour })).status).toBe(404);
    expect((await scene.call(`/api/relay/${zeroHash}`, { token })).status).toBe(404);
  });
});

describe("limits", () => {
  const small = (relaySection: object) => createApiScene(chain, { relay: relaySection });

  test("of actions and gas of a day hold for a member, and for all", async () => {
    const { member, token } = await poorMember();
    const gas = ((await post(token, await requests.withdraw(member, home(9).address, 1n))).body as Answered).gas;
    await scene.sendRounds();
    for (const [section, problem] of [
      [{ actionsPerDay: 2 }, /^2 actions/u],
      [{ gasPerMemberPerDay: Math.max(100_000, gas * 2) }, /of today's/u],
      [{ gasPerDay: Math.max(100_000, gas * 2) }, /of today's/u],
    ] as const) {
      const where = await small(section);
      const session = await where.signIn(member);
      let answer = { status: 202, body: {} };
      let taken = 0;
      for (; answer.status === 202 && taken < 5; taken++) {
        answer = await post(session, await requests.withdraw(member, home(9).address, 1n), where);
        await where.sendRounds();
      }
      expect(answer).toMatchObject({ status: 429, body: { error: expect.stringMatching(problem) as string } });
      // What was refused counts for nothing, and tomorrow is another day.
      const before = (await where.report()).relay;
      expect(before.turnedAway).toEqual({ 429: 1 });
      where.wait(86_400);
      const again = await where.signIn(member);
      expect((await post(again, await requests.withdraw(member, home(9).address, 1n), where)).status).toBe(202);
      await where.close();
    }
  });

  test("one action at a time: the next when it is in a block", async () => {
    const { member, token } = await poorMember();
    await chain.client.setAutomine(false);
    expect((await post(token, await requests.withdraw(member, home(9).address, 1n))).status).toBe(202);
    const other = await requests.approval(member, home(9).address, true);
    expect((await post(token, other)).body).toMatchObject({
      error: expect.stringMatching(/not in a block/u) as string,
    });
    await scene.sendRounds(1);
    expect((await post(token, other)).status).toBe(409);
    await chain.client.mine({ blocks: 1 });
    await chain.client.setAutomine(true);
    await scene.sendRounds();
    expect(await relay(token, other)).toMatchObject({ state: "confirmed" });
  });

  test("the reserve is kept: with too little ether nothing is taken, and what waits is not sent", async () => {
    const { member, token } = await poorMember();
    const address = scene.submitterAddress;
    const request = await requests.withdraw(member, home(9).address, 1n);
    await chain.client.setBalance({ address, value: parseEther("0.05") });
    expect((await post(token, request)).status).toBe(503);
    await chain.client.setBalance({ address, value: parseEther("1") });
    const { id } = (await post(token, request)).body as Answered;
    await chain.client.setBalance({ address, value: parseEther("0.05") });
    await scene.sendRounds();
    expect(await stateOf(token, id)).toMatchObject({ state: "queued" });
    expect((await stateOf(token, id)).reason).toMatch(/too little ether/u);
    expect(await chain.client.getBalance({ address })).toBe(parseEther("0.05"));
    await chain.client.setBalance({ address, value: parseEther("1") });
    scene.wait(31);
    await scene.sendRounds();
    expect(await stateOf(token, id)).toMatchObject({ state: "confirmed" });
  });

  test("off by default, the relay takes nothing", async () => {
    const off = await small({ enabled: false });
    const session = await off.signIn(home(1));
    expect((await off.call("/api/relay", { token: session })).body).toMatchObject({ enabled: false });
    expect((await post(session, await requests.withdraw(home(1), home(9).address, 1n), off)).status).toBe(403);
    await off.close();
  });

  test("odd requests are refused by the schema, naming what is wrong", async () => {
    const { member, token } = await poorMember();
    const good = await requests.withdraw(member, home(9).address, 1n);
    for (const changes of [
      { action: "mint" },
      { amountBaseUnits: 1 },
      { amountBaseUnits: "-1" },
      { amountBaseUnits: "9".repeat(78) },
      { to: "0x12" },
      { more: 1 },
      { signature: "0x1" },
      { nonce: "01" },
    ]) {
      expect([changes, (await post(token, { ...good, ...changes })).status]).toEqual([changes, 400]);
    }
    expect((await post(token, null)).status).toBe(400);
    const long = { action: "transferBatch", to: home(9).address, ids: Array<string>(401).fill("1"), values: ["1"] };
    expect((await post(token, { ...good, ...long })).status).toBe(400);
  });
});

describe("a contract wallet", () => {
  /** PUSH4 of `isValidSignature`'s answer, as a word. */
  const YES = "631626ba7e60e01b5f5260205ff3";
  /** JUMPDEST PUSH1 0 JUMP: until the gas is gone. */
  const FOREVER: Hex = "0x5b600056";

  async function member(code: Hex) {
    const address = await deployCode(chain, code);
    await chain.client.writeContract({ ...chain.contract, functionName: "admitMember", args: [address] });
    await mint(chain.client.account.address, FUNDS);
    const money = { address: chain.deployment.currency, abi: demoEuroAbi } as const;
    await chain.client.writeContract({
      ...money,
      functionName: "approve",
      args: [chain.deployment.neighbourhood, FUNDS],
    });
    await chain.client.writeContract({ ...chain.contract, functionName: "deposit", args: [address, FUNDS] });
    const signer = {
      address,
      signMessage: () => Promise.resolve<Hex>(`0x${"12".repeat(65)}`),
      signTypedData: () => Promise.resolve<Hex>(`0x${"12".repeat(65)}`),
    };
    return signer as unknown as ReturnType<typeof home>;
  }

  test("acts, as its own code says", async () => {
    const wallet = await member(`0x${YES}`);
    const token = await scene.signIn(wallet);
    const done = await relay(token, await requests.withdraw(wallet, home(9).address, 3n));
    expect(done).toMatchObject({ state: "confirmed" });
    expect(await accountBalance(wallet.address)).toBe(FUNDS - 3n);
  });

  test("that burns gas when it is asked is not relayed, and counts for nothing", async () => {
    // CALLDATASIZE > 0 and the first look at sign-in is the same question: so it says yes there, when GAS is plenty.
    const honestAtSignIn: Hex = `0x629896805a11600d57${FOREVER.slice(2).replace("00", "09")}5b${YES}`;
    const wallet = await member(honestAtSignIn);
    const token = await scene.signIn(wallet);
    const { status, body } = await post(token, await requests.withdraw(wallet, home(9).address, 3n));
    expect([status, (body as { error: string }).error]).toMatchObject([422, expect.any(String) as string]);
    expect(await scene.database.all("SELECT * FROM relay_actions")).toEqual([]);
  });

  test("that says yes to the estimate and burns gas on chain pays with its own limits, and is stopped", async () => {
    // SELFBALANCE: as long as it has no ether it says yes, and it gets some before the transaction is mined.
    const twoFaced: Hex = `0x4715600957${FOREVER.slice(2).replace("00", "05")}5b${YES}`;
    const wallet = await member(twoFaced);
    const token = await scene.signIn(wallet);
    const before = await chain.client.getBalance({ address: scene.submitterAddress });
    for (let count = 0; count < 3; count++) {
      await chain.client.setAutomine(false);
      const request = await requests.withdraw(wallet, home(9).address, BigInt(count + 1));
      const { id, gas } = (await post(token, request)).body as Answered;
      await scene.sendRounds(1);
      await chain.client.setBalance({ address: wallet.address, value: 1n });
      await chain.client.mine({ blocks: 1 });
      await chain.client.setBalance({ address: wallet.address, value: 0n });
      await chain.client.setAutomine(true);
      await scene.sendRounds();
      const state = await stateOf(token, id);
      expect(state).toMatchObject({ state: "failed" });
      // It burnt all there was, which is no more than was charged when it was taken.
      expect(state.gas).toBeLessThanOrEqual(gas);
      expect(gas).toBeLessThan(200_000);
    }
    const { status, body } = await post(token, await requests.withdraw(wallet, home(9).address, 9n));
    expect([status, body]).toMatchObject([429, { error: expect.stringMatching(/failed on chain/u) as string }]);
    expect(await accountBalance(wallet.address)).toBe(FUNDS);
    const spent = before - (await chain.client.getBalance({ address: scene.submitterAddress }));
    expect(spent).toBeLessThan(parseEther("0.01"));
  });
});

describe("the settlement goes first", () => {
  test("nothing of members is sent while it acts, or is about to", async () => {
    const quiet = await createApiScene(chain, { relay: { quietSeconds: 60 } });
    const { member } = await poorMember();
    const token = await quiet.signIn(member);
    const { id } = (await post(token, await requests.withdraw(member, home(9).address, 1n), quiet)).body as Answered;
    for (const status of [
      { ...IDLE, waitingFor: "confirmation" as const },
      { ...IDLE, waitingFor: "hour" as const, wakeAt: IDLE.asOf + 59 },
    ]) {
      quiet.setSettlement(status);
      await quiet.sendRounds();
      expect(await stateOf(token, id, quiet)).toMatchObject({ state: "queued" });
    }
    quiet.setSettlement({ ...IDLE, waitingFor: "window", wakeAt: IDLE.asOf + 60 });
    await quiet.sendRounds();
    expect(await stateOf(token, id, quiet)).toMatchObject({ state: "confirmed" });
    await quiet.close();
  });
});

test("nothing of a signature or a session gets into the log", async () => {
  const { member, token } = await poorMember();
  const request = await requests.withdraw(member, home(9).address, 1n);
  await relay(token, request);
  const logged = scene.lines.join("\n");
  expect(logged).toContain('"relayed"');
  expect(logged).not.toContain(request.signature.slice(2));
  expect(logged).not.toContain(token);
});
