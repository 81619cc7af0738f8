import { expect } from "chai";

import { expectRefusal } from "./fixtures/refusal.ts";
import { type Author, DEADLINE, RELAYED, type Relayed, relayStreet } from "./fixtures/relayed.ts";
import { key, loadFixture, SOLAR, time } from "./fixtures/street.ts";

type Change = { nonce?: bigint; deadline?: number; chainId?: bigint; verifyingContract?: string };

/** Signs an action with the author's next nonce, or otherwise as told. */
async function sign(action: Relayed, author: Author, by: Author["key"], change: Change = {}): Promise<string> {
  const { chainId, verifyingContract, nonce, deadline = DEADLINE } = change;
  const domain = {
    ...action.domain,
    ...(chainId === undefined ? {} : { chainId }),
    ...(verifyingContract === undefined ? {} : { verifyingContract }),
  };
  const value = { ...action.content, nonce: nonce ?? (await action.contract.nonces(author.address)), deadline };
  return by.signTypedData(domain, action.types, value);
}

/** Another value of the same type. */
function altered(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "bigint") return value + 1n;
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return [...(value as unknown[]), ...(value as unknown[])];
  if (typeof value !== "string") throw new TypeError(`No other value is known for a ${typeof value}.`);
  // An address, a hash or bytes: the last digit becomes another one.
  return `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}`.toLowerCase();
}

for (const [name, make] of Object.entries(RELAYED)) {
  for (const who of ["a plain key", "a contract wallet"] as const) {
    describe(`${name} of ${who}`, () => {
      const prepare = async () => {
        const open = await loadFixture(relayStreet);
        const author = open.authors[who];
        return { open, author, action: await make(open, author) };
      };

      it("takes place when anybody sends it, and only once", async () => {
        const { author, action } = await prepare();
        const signature = await sign(action, author, author.key);
        await expect(action.relay(DEADLINE, signature)).to.emit(action.contract, action.event);
        expect(await action.contract.nonces(author.address)).to.equal(1n);
        await expectRefusal(action.relay(DEADLINE, signature), action.contract, "InvalidSigner", author.address);
      });

      it("is good until the last second of its deadline", async () => {
        const { author, action } = await prepare();
        const signature = await sign(action, author, author.key);
        await time.setNextBlockTimestamp(DEADLINE);
        await expect(action.relay(DEADLINE, signature)).to.emit(action.contract, action.event);
      });

      it("is refused a second after its deadline", async () => {
        const { author, action } = await prepare();
        const signature = await sign(action, author, author.key);
        await time.setNextBlockTimestamp(DEADLINE + 1);
        await expectRefusal(action.relay(DEADLINE, signature), action.contract, "SignatureExpired", DEADLINE);
        expect(await action.contract.nonces(author.address)).to.equal(0n);
      });

      it("is refused when somebody else signed it", async () => {
        const { author, action } = await prepare();
        const forged = await sign(action, author, key("forger"));
        await expectRefusal(action.relay(DEADLINE, forged), action.contract, "InvalidSigner", author.address);
      });

      it("is refused when any part of it was changed", async () => {
        const { author, action } = await prepare();
        for (const [field, value] of Object.entries(action.content)) {
          const content = { ...action.content, [field]: altered(value) };
          const signature = await sign({ ...action, content }, author, author.key);
          await expectRefusal(action.relay(DEADLINE, signature), action.contract, "InvalidSigner", author.address);
        }
      });

      for (const [what, change] of [
        ["with another nonce", { nonce: 1n }],
        ["with another deadline", { deadline: DEADLINE - 1 }],
        ["for another chain", { chainId: 1n }],
        ["for another contract", { verifyingContract: "0x00000000000000000000000000000000000000AA" }],
      ] as const) {
        it(`is refused when it was signed ${what}`, async () => {
          const { author, action } = await prepare();
          const signature = await sign(action, author, author.key, change);
          await expectRefusal(action.relay(DEADLINE, signature), action.contract, "InvalidSigner", author.address);
        });
      }
    });
  }
}

describe("signed actions", () => {
  it("are refused with a signature that is none", async () => {
    const { neighbourhood, accounts } = await loadFixture(relayStreet);
    const revoking = neighbourhood.revokeMyDeviceBySig(SOLAR, DEADLINE, "0x");
    await expectRefusal(revoking, neighbourhood, "InvalidSigner", accounts.alice.address);
  });

  it("are refused for a meter nobody owns", async () => {
    const { neighbourhood } = await loadFixture(relayStreet);
    await expectRefusal(neighbourhood.revokeMyDeviceBySig(99, DEADLINE, "0x"), neighbourhood, "UnknownMeter", 99);
    const retirement = { meter: 99, day: 0, remainingImports: "0x", ranges: [] };
    await expectRefusal(neighbourhood.retireBySig(retirement, DEADLINE, "0x"), neighbourhood, "UnknownMeter", 99);
  });

  it("of one contract use up no nonce of another", async () => {
    const open = await loadFixture(relayStreet);
    const { neighbourhood, token, marketplace, accounts } = open;
    const { bob } = accounts;
    const author = open.authors["a plain key"];
    const make = RELAYED["cancelBySig"];
    if (make === undefined) throw new Error("cancelBySig is not listed");
    const action = await make(open, author);
    await action.relay(DEADLINE, await sign(action, author, author.key));
    expect(await marketplace.nonces(bob.address)).to.equal(1n);
    for (const contract of [neighbourhood, token]) expect(await contract.nonces(bob.address)).to.equal(0n);
  });
});
