import { expect } from "chai";
import { concat, TypedDataEncoder } from "ethers";

import { typesOf } from "./fixtures/actions.ts";
import { dayEnd } from "./fixtures/calendar.ts";
import { makeFill, OFFER_TYPES } from "./fixtures/offers.ts";
import { createP256Key, signP256, toHighP256 } from "./fixtures/p256.ts";
import { asPuppet, PUPPET_KEY } from "./fixtures/puppets.ts";
import { expectRefusal } from "./fixtures/refusal.ts";
import { ethers, key, loadFixture } from "./fixtures/street.ts";
import { DAY, SUN_AT, sunnyMarket, sunToken } from "./fixtures/trade.ts";

const DEADLINE = dayEnd(DAY + 9);

/** A wallet that knows only a P-256 key (ERC-7913) and holds 40 Wh of Alice's roof. */
async function p256Market() {
  const open = await sunnyMarket();
  const { token, tokenDomain, marketplace, marketplaceDomain } = open;
  const owner = createP256Key();
  const verifier = await ethers.deployContract("P256Verifier");
  const deployed = await ethers.deployContract("PasskeyWallet", [concat([await verifier.getAddress(), owner.point])]);
  const wallet = { address: await deployed.getAddress() };
  await open.give(wallet.address, [40]);
  // The wallet sends nothing itself: that the marketplace may deliver is signed and relayed as well.
  const operator = await marketplace.getAddress();
  const approval = { owner: wallet.address, operator, approved: true, nonce: 0n, deadline: DEADLINE };
  const approving = TypedDataEncoder.hash(tokenDomain, typesOf("SetApprovalForAll"), approval);
  await token.setApprovalForAllBySig(wallet.address, operator, true, DEADLINE, signP256(approving, owner));
  const offer = await open.offerOf({ maxWh: 40n }, wallet);
  return {
    ...open,
    owner,
    wallet,
    digest: TypedDataEncoder.hash(marketplaceDomain, OFFER_TYPES, offer),
    sell: (signature: string) =>
      open.buy(open.accounts.bob, { offer, signature, firstInterval: SUN_AT, energyWh: [25] }),
  };
}

describe("a wallet with a P-256 key", () => {
  it("sells by an offer its key signed", async () => {
    const { token, currency, accounts, wallet, owner, digest, sell } = await loadFixture(p256Market);
    await sell(signP256(digest, owner));
    expect(await token.balanceOf(accounts.bob.address, sunToken())).to.equal(25n);
    expect(await currency.balanceOf(wallet.address)).to.equal(3_750n);
  });

  it("sells nothing by another key, by high s, by a short signature or over another offer", async () => {
    const { marketplace, wallet, owner, digest, sell } = await loadFixture(p256Market);
    const good = signP256(digest, owner);
    for (const signature of [
      signP256(digest, createP256Key()),
      toHighP256(good),
      good.slice(0, -2),
      signP256(ethers.id("another offer"), owner),
      "0x",
    ]) {
      await expectRefusal(sell(signature), marketplace, "InvalidOfferSignature", wallet.address);
    }
  });

  it("cancels by a signature", async () => {
    const { marketplace, marketplaceDomain, wallet, owner, digest, sell } = await loadFixture(p256Market);
    const content = { seller: wallet.address, offerNonce: 1n, nonce: 0n, deadline: DEADLINE };
    const cancelling = signP256(TypedDataEncoder.hash(marketplaceDomain, typesOf("Cancel"), content), owner);
    await marketplace.cancelBySig(wallet.address, 1n, DEADLINE, cancelling);
    await expectRefusal(sell(signP256(digest, owner)), marketplace, "OfferNotActive", wallet.address, 1);
  });
});

describe("a wallet that answers by ERC-1271", () => {
  /** A wallet with 40 Wh of Alice's roof. */
  async function walletMarket() {
    const open = await sunnyMarket();
    const puppet = await ethers.deployContract("Puppet", [PUPPET_KEY.address]);
    const wallet = { address: await puppet.getAddress() };
    await open.give(wallet.address, [40]);
    const { token, marketplace } = open;
    const operator = await marketplace.getAddress();
    await asPuppet(puppet, token, token.interface.encodeFunctionData("setApprovalForAll", [operator, true]));
    return { ...open, wallet };
  }

  it("sells by an offer its owner signed, and by nobody else's", async () => {
    const { accounts, wallet, offerOf, buy, ...open } = await loadFixture(walletMarket);
    const { marketplace, token, marketplaceDomain } = open;
    const offer = await offerOf({ maxWh: 40n }, wallet);
    const order = { offer, firstInterval: SUN_AT, energyWh: [25] };
    const sign = (by: typeof PUPPET_KEY) => by.signTypedData(marketplaceDomain, OFFER_TYPES, offer);
    const forged = buy(accounts.bob, { ...order, signature: await sign(key("forger")) });
    await expectRefusal(forged, marketplace, "InvalidOfferSignature", wallet.address);
    await buy(accounts.bob, { ...order, signature: await sign(PUPPET_KEY) });
    expect(await token.balanceOf(accounts.bob.address, sunToken())).to.equal(25n);
  });

  it("is not taken for the owner of a meter it has tokens of", async () => {
    const { accounts, wallet, offerOf, buy, marketplace, marketplaceDomain } = await loadFixture(walletMarket);
    const offer = await offerOf({}, wallet);
    const signature = await PUPPET_KEY.signTypedData(marketplaceDomain, OFFER_TYPES, offer);
    const buying = buy(accounts.bob, { offer, signature, firstInterval: SUN_AT, energyWh: [25] });
    await expectRefusal(buying, marketplace, "NotMeterOwner", offer.meter, accounts.alice.address, wallet.address);
  });

  it("that is no wallet at all signs nothing", async () => {
    const { accounts, offerOf, buy, marketplace, currency, ...open } = await loadFixture(walletMarket);
    const seller = { address: await currency.getAddress() };
    const order = await makeFill(
      { accounts, marketplace, currency, ...open },
      accounts.alice,
      await offerOf({ maxWh: 1n }, seller),
      SUN_AT,
      [1],
    );
    await expectRefusal(buy(accounts.bob, order), marketplace, "InvalidOfferSignature", seller.address);
  });
});
