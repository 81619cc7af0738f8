import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { makeFill, type Offer, OFFER_TYPES } from "./fixtures/offers.ts";
import { asPuppet, PUPPET_KEY, REACTION } from "./fixtures/puppets.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { ethers, loadFixture, SOLAR } from "./fixtures/street.ts";
import { NO_LIMIT, NO_PERMIT, SUN_AT, sunnyMarket, sunToken } from "./fixtures/trade.ts";

/** What a hostile currency does, as the contract numbers it. */
const BEHAVIOUR = { pay: 0, refuse: 1, sayNothing: 2, takeFee: 3 } as const;

/** The market once more, with a currency that does as it is told. Bob holds 1,000,000 of it. */
async function hostileMarket() {
  const open = await sunnyMarket();
  const { alice, bob } = open.accounts;
  const currency = await ethers.deployContract("HostileCurrency", [6]);
  const deployed = await ethers.deployContract("Marketplace", [
    await open.neighbourhood.getAddress(),
    await currency.getAddress(),
  ]);
  const marketplace = deployed;
  const verifyingContract = await marketplace.getAddress();
  await open.token.connect(alice).setApprovalForAll(verifyingContract, true);
  await currency.mint(bob.address, 1_000_000n);
  await currency.connect(bob).approve(verifyingContract, MaxUint256);
  const marketplaceDomain = { ...open.marketplaceDomain, verifyingContract };
  const fillOf = async (energyWh: number[], changes: Partial<Offer> = {}) =>
    makeFill({ ...open, marketplaceDomain }, alice, await open.offerOf(changes), SUN_AT, energyWh);
  return { ...open, marketplace, currency, fillOf, bobs: marketplace.connect(bob) };
}

/** A contract wallet of the market with money, which lets the marketplace deliver and take. */
async function walletMarket() {
  const open = await sunnyMarket();
  const { marketplace, token, currency } = open;
  const puppet = await ethers.deployContract("Puppet", [PUPPET_KEY.address]);
  const spender = await marketplace.getAddress();
  await currency.mint(await puppet.getAddress(), 1_000_000n);
  await asPuppet(puppet, currency, currency.interface.encodeFunctionData("approve", [spender, MaxUint256]));
  await asPuppet(puppet, token, token.interface.encodeFunctionData("setApprovalForAll", [spender, true]));
  const encodeFill = (order: Awaited<ReturnType<typeof open.fillOf>>, limit = NO_LIMIT) =>
    marketplace.interface.encodeFunctionData("fill", [order, limit]);
  return { ...open, puppet, encodeFill, wallet: await puppet.getAddress() };
}

type WalletMarket = Awaited<ReturnType<typeof walletMarket>>;

/** A look at a token balance, and what it must show. */
const balance = (token: WalletMarket["token"], holder: string, energyWh: bigint) => ({
  contract: token,
  data: token.interface.encodeFunctionData("balanceOf", [holder, sunToken()]),
  answer: token.interface.encodeFunctionResult("balanceOf", [energyWh]),
});

describe("a hostile currency", () => {
  for (const method of ["fill", "fillMany", "fillManyWithPermit", "fillManyBySig"] as const) {
    it(`cannot enter ${method} while it is paid with`, async () => {
      const { marketplace, token, currency, accounts, fillOf, bobs } = await loadFixture(hostileMarket);
      const order = await fillOf([5], { nonce: 2n });
      const { interface: abi } = marketplace;
      const calls = {
        fill: () => abi.encodeFunctionData("fill", [order, NO_LIMIT]),
        fillMany: () => abi.encodeFunctionData("fillMany", [[order], NO_LIMIT]),
        fillManyWithPermit: () => abi.encodeFunctionData("fillManyWithPermit", [[order], NO_LIMIT, NO_PERMIT]),
        fillManyBySig: () => abi.encodeFunctionData("fillManyBySig", [ZeroAddress, [order], NO_LIMIT, 0n, "0x"]),
      };
      await currency.plot(await marketplace.getAddress(), calls[method]());
      await bobs.fill(await fillOf([10]), NO_LIMIT);
      expect(await currency.succeeded()).to.equal(false);
      expect(await currency.result()).to.equal(abi.encodeErrorResult("ReentrancyGuardReentrantCall"));
      expect(await token.balanceOf(accounts.bob.address, sunToken())).to.equal(10n);
    });
  }

  it("finds what was sold already counted when it looks during the payment", async () => {
    const { marketplace, currency, accounts, fillOf, bobs } = await loadFixture(hostileMarket);
    const order = await fillOf([20], { maxWh: 50n });
    const { interface: abi } = marketplace;
    await currency.plot(
      await marketplace.getAddress(),
      abi.encodeFunctionData("offerStatus", [accounts.alice.address, 1n]),
    );
    await bobs.fill(order, NO_LIMIT);
    expect(await currency.result()).to.equal(abi.encodeFunctionResult("offerStatus", [20n, true]));
  });

  it("that returns false buys nothing", async () => {
    const { marketplace, token, currency, accounts, fillOf, bobs } = await loadFixture(hostileMarket);
    await currency.behave(BEHAVIOUR.refuse);
    const buying = bobs.fill(await fillOf([10]), NO_LIMIT);
    await expectRefusal(buying, marketplace, "SafeERC20FailedOperation", await currency.getAddress());
    expect(await token.balanceOf(accounts.bob.address, sunToken())).to.equal(0n);
  });

  it("that returns false lets nothing be collected", async () => {
    const { marketplace, currency, accounts } = await loadFixture(hostileMarket);
    await currency.behave(BEHAVIOUR.refuse);
    const collecting = marketplace.connect(accounts.deployer).collectNetworkCharges(accounts.deployer.address);
    await expectRefusal(collecting, marketplace, "SafeERC20FailedOperation", await currency.getAddress());
  });

  it("that returns nothing pays like any other", async () => {
    const { currency, accounts, fillOf, bobs } = await loadFixture(hostileMarket);
    await currency.behave(BEHAVIOUR.sayNothing);
    await bobs.fill(await fillOf([10]), NO_LIMIT);
    expect(await currency.balanceOf(accounts.alice.address)).to.equal(1_500n);
  });

  it("that takes a fee costs the seller the fee and the buyer no more than the price", async () => {
    const { currency, accounts, fillOf, bobs } = await loadFixture(hostileMarket);
    await currency.behave(BEHAVIOUR.takeFee);
    await bobs.fill(await fillOf([10]), 1_500n);
    expect(await currency.balanceOf(accounts.alice.address)).to.equal(1_350n);
    expect(await currency.balanceOf(accounts.bob.address)).to.equal(1_000_000n - 1_500n);
  });

  it("without permit leaves the allowance to decide", async () => {
    const { marketplace, fillOf, bobs } = await loadFixture(hostileMarket);
    const buying = bobs.fillManyWithPermit([await fillOf([10])], NO_LIMIT, NO_PERMIT);
    await expect(buying).to.emit(marketplace, "OfferFilled");
  });
});

describe("a buyer that is a contract", () => {
  it("receives what it paid for", async () => {
    const { marketplace, token, puppet, wallet, fillOf, encodeFill } = await loadFixture(walletMarket);
    await asPuppet(puppet, marketplace, encodeFill(await fillOf([10, 20])));
    expect(await token.balanceOfRange(wallet, SOLAR, SUN_AT, 2)).to.deep.equal([10n, 20n]);
  });

  for (const energyWh of [[10], [10, 20]]) {
    it(`pays nothing when it refuses ${energyWh.length} interval(s)`, async () => {
      const { marketplace, token, currency, accounts, puppet, wallet, fillOf, encodeFill } =
        await loadFixture(walletMarket);
      const order = encodeFill(await fillOf(energyWh));
      await puppet.react(REACTION.answerWrongly, ZeroAddress, "0x");
      await expectRefusal(asPuppet(puppet, marketplace, order), token, "ERC1155InvalidReceiver", wallet);
      await puppet.react(REACTION.revert, ZeroAddress, "0x");
      await expectRefusal(asPuppet(puppet, marketplace, order), puppet, "Refused");
      expect(await currency.balanceOf(accounts.alice.address)).to.equal(0n);
    });
  }

  it("cannot buy again while it receives", async () => {
    const { marketplace, token, puppet, wallet, fillOf, encodeFill } = await loadFixture(walletMarket);
    const again = encodeFill(await fillOf([20], { nonce: 2n }));
    await puppet.react(REACTION.call, await marketplace.getAddress(), again);
    await asPuppet(puppet, marketplace, encodeFill(await fillOf([10])));
    expect(await puppet.result()).to.equal(marketplace.interface.encodeErrorResult("ReentrancyGuardReentrantCall"));
    expect(await token.balanceOf(wallet, sunToken())).to.equal(10n);
  });

  it("cannot make an offer it cancels while it receives be filled afterwards", async () => {
    const { marketplace, puppet, wallet, offerOf, fillOf, ...open } = await loadFixture(walletMarket);
    const own = await offerOf({ maxWh: 10n, nonce: 77n }, { address: wallet });
    const signature = await PUPPET_KEY.signTypedData(open.marketplaceDomain, OFFER_TYPES, own);
    const second = { offer: own, signature, firstInterval: SUN_AT, energyWh: [10] };
    const orders = [await fillOf([10]), second];
    const { interface: abi } = marketplace;
    await puppet.react(REACTION.call, await marketplace.getAddress(), abi.encodeFunctionData("cancel", [77n]));
    const buying = asPuppet(puppet, marketplace, abi.encodeFunctionData("fillMany", [orders, NO_LIMIT]));
    await expectRefusal(buying, marketplace, "OfferNotActive", wallet, 77);
  });

  for (const [what, look] of [
    [
      "the count of the offer",
      ({ marketplace, accounts }: WalletMarket) => ({
        contract: marketplace,
        data: marketplace.interface.encodeFunctionData("offerStatus", [accounts.alice.address, 1n]),
        answer: marketplace.interface.encodeFunctionResult("offerStatus", [10n, true]),
      }),
    ],
    ["the seller's tokens", ({ token, accounts }: WalletMarket) => balance(token, accounts.alice.address, 90n)],
    ["its own tokens", ({ token, wallet }: WalletMarket) => balance(token, wallet, 10n)],
    [
      "the seller's money",
      ({ currency, accounts }: WalletMarket) => ({
        contract: currency,
        data: currency.interface.encodeFunctionData("balanceOf", [accounts.alice.address]),
        answer: currency.interface.encodeFunctionResult("balanceOf", [1_500n]),
      }),
    ],
  ] as const) {
    it(`finds ${what} booked when it looks while it receives`, async () => {
      const open = await loadFixture(walletMarket);
      const { contract, data, answer } = look(open);
      await open.puppet.react(REACTION.call, await contract.getAddress(), data);
      await asPuppet(open.puppet, open.marketplace, open.encodeFill(await open.fillOf([10], { maxWh: 30n })));
      expect(await open.puppet.result()).to.equal(answer);
    });
  }
});
