import { numberToHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";

import { DAY, randomProfile } from "../../test/samples.ts";
import { Random } from "../../test/random.ts";
import { Story } from "../../test/story.ts";
import { meterNumber } from "../ids.ts";
import type { DayProfile } from "../profile.ts";
import { day, firstInterval, interval } from "../time.ts";
import { assembleLedger } from "./assemble.ts";

const ADA = numberToHex(0xadan, { size: 20 });
const BOB = numberToHex(0xb0bn, { size: 20 });
const DEVICE = numberToHex(0xdeadn, { size: 20 });
const NEW_DEVICE = numberToHex(0xbeefn, { size: 20 });
const M7 = meterNumber(7);
const M8 = meterNumber(8);
const START = firstInterval(DAY);
const SIGNATURE = `0x${"11".repeat(65)}` as const;

const zeros = new Array<number>(96).fill(0);

function profile(change: Partial<DayProfile> = {}): DayProfile {
  return {
    ...randomProfile(new Random(1)),
    imports: zeros.with(3, 5),
    exports: zeros.with(0, 20).with(1, 30),
    importRegister: 105n,
    exportRegister: 250n,
    ...change,
  };
}

function assemble(story: Story, earlier: Story = new Story()) {
  return assembleLedger(earlier.events(), story.events());
}

describe("a recorded profile", () => {
  it("carries quantities in Wh, the device and registers its meter had, and what was minted", () => {
    const story = new Story()
      .meter(M7, ADA, 1)
      .block()
      .device(M7, DEVICE, 100n, 200n)
      .block()
      .profile(M7, DEVICE, profile(), SIGNATURE, { importWh: 0n, exportWh: 0n })
      .mint(M7, ADA, START, [200, 300]);
    expect(assemble(story).profiles).toMatchObject([
      {
        blockNumber: 12n,
        logIndex: 0,
        timestamp: 12_000n,
        meter: 7,
        day: DAY,
        device: "0x000000000000000000000000000000000000dEaD",
        unitWh: 10n,
        importWh: 50n,
        exportWh: 500n,
        mintedWh: 500n,
        late: false,
        deviceAtTime: { custody: "gateway", keyType: "secp256k1" },
        previous: { importRegister: 100n, exportRegister: 200n },
      },
    ]);
  });

  it("claims the mint of its own day when one transaction records several days of a meter", () => {
    const next = day(DAY + 1);
    const story = new Story()
      .meter(M7, ADA)
      .block()
      .profile(M7, DEVICE, profile({ exports: zeros }), SIGNATURE)
      .profile(M7, DEVICE, profile({ day: next }), SIGNATURE)
      .mint(M7, ADA, firstInterval(next), [20, 30]);
    expect(assemble(story).profiles.map(({ day: of, mintedWh }) => [of, mintedWh])).toEqual([
      [DAY, 0n],
      [next, 50n],
    ]);
  });

  it("is marked late when the neighbourhood says so, and minted nothing", () => {
    const story = new Story()
      .meter(M7, ADA)
      .profile(M7, DEVICE, profile(), SIGNATURE)
      .emit("neighbourhood", "ProfileRecordedTooLate", { meter: M7, day: DAY, exportWh: 50n })
      .profile(M8, DEVICE, profile(), SIGNATURE);
    expect(assemble(story).profiles.map(({ late, mintedWh }) => [late, mintedWh])).toEqual([
      [true, 0n],
      [false, 0n],
    ]);
  });

  it("follows its meter's device through rotation and revocation", () => {
    const story = new Story()
      .meter(M7, ADA)
      .device(M7, DEVICE)
      .profile(M7, DEVICE, profile(), SIGNATURE)
      .emit("neighbourhood", "DeviceRotated", { meter: M7, oldDevice: DEVICE, newDevice: NEW_DEVICE })
      .device(M7, NEW_DEVICE, 105n, 250n)
      .profile(M7, NEW_DEVICE, profile(), SIGNATURE)
      .emit("neighbourhood", "DeviceRevoked", { meter: M7, device: NEW_DEVICE })
      .profile(M7, NEW_DEVICE, profile(), SIGNATURE);
    const ledger = assemble(story);
    const devices = ledger.profiles.map(({ deviceAtTime }) => deviceAtTime?.device.toLowerCase());
    expect(devices).toEqual([DEVICE, NEW_DEVICE, undefined]);
    expect(ledger.devices.map(({ action }) => action)).toEqual(["registered", "rotated", "registered", "revoked"]);
    expect(ledger.profiles.map(({ previous }) => previous?.importRegister)).toEqual([0n, 105n, 105n]);
  });

  it("goes on from rebased registers", () => {
    const story = new Story()
      .meter(M7, ADA)
      .device(M7, DEVICE, 500n, 600n)
      .emit("neighbourhood", "RegistersRebased", {
        meter: M7,
        oldImportRegister: 500n,
        oldExportRegister: 600n,
        newImportRegister: 1n,
        newExportRegister: 2n,
        reason: "meter replaced",
      })
      .profile(M7, DEVICE, profile(), SIGNATURE);
    const ledger = assemble(story);
    expect(ledger.profiles[0]?.previous).toEqual({ importRegister: 1n, exportRegister: 2n });
    expect(ledger.rebases).toMatchObject([
      { meter: 7, before: { importRegister: 500n }, after: { exportRegister: 2n }, reason: "meter replaced" },
    ]);
  });

  it("knows its meter and device from before the ledger's first block, but not the registers", () => {
    const earlier = new Story().meter(M7, ADA, 2).device(M7, DEVICE, 100n, 200n);
    const story = new Story().block().profile(M7, DEVICE, profile(), SIGNATURE);
    const [entry] = assemble(story, earlier).profiles;
    expect(entry).toMatchObject({ unitWh: 100n, previous: undefined });
    expect(entry?.deviceAtTime?.device.toLowerCase()).toBe(DEVICE);
  });
});

describe("a trade", () => {
  it("is joined with its delivery, whichever comes first and whatever else is in the transaction", () => {
    const story = new Story()
      .move(ADA, BOB, M7, interval(START + 4), [1, 2])
      .move(DEVICE, BOB, M7, START, [60])
      .move(ADA, DEVICE, M7, START, [60])
      .move(ADA, BOB, M8, START, [60])
      .trade(ADA, BOB, M7, START, 60n)
      .trade(ADA, BOB, M7, START, 30n, 2n)
      .move(ADA, BOB, M7, START, [10, 0, 50])
      .move(ADA, BOB, M8, START, [30])
      .move(ADA, BOB, M7, START, [30]);
    const { trades } = assemble(story);
    expect(trades.map(({ nonce, lines }) => [nonce, lines])).toEqual([
      [
        1n,
        [
          { meter: 7, interval: START, wh: 10n },
          { meter: 7, interval: START + 2, wh: 50n },
        ],
      ],
      [2n, [{ meter: 7, interval: START, wh: 30n }]],
    ]);
    expect(trades[0]).toMatchObject({ priceTicks: 1_500, paidBaseUnits: 9_000n, chargeBaseUnits: 0n, energyWh: 60n });
  });

  it("has no lines when nothing of its transaction fits", () => {
    const story = new Story().trade(ADA, BOB, M7, START, 60n).block().move(ADA, BOB, M7, START, [60]);
    expect(assemble(story).trades[0]?.lines).toEqual([]);
  });
});

describe("a retirement", () => {
  it("is joined with the burns that make up its energy, one after the other", () => {
    const story = new Story()
      .retired(M8, DAY, BOB, 90n)
      .move(BOB, zeroAddress, M7, START, [10, 20])
      .move(BOB, zeroAddress, M8, START, [60])
      .retired(M8, DAY, BOB, 5n)
      .move(BOB, zeroAddress, M7, START, [5]);
    expect(assemble(story).retirements.map(({ lines }) => lines.map(({ wh }) => wh))).toEqual([[10n, 20n, 60n], [5n]]);
  });

  it("has no lines when the account's own burns do not add up", () => {
    const story = new Story()
      .retired(M8, DAY, BOB, 25n)
      .move(ADA, zeroAddress, M7, START, [25])
      .move(BOB, zeroAddress, M7, START, [10, 20]);
    expect(assemble(story).retirements[0]?.lines).toEqual([]);
  });
});

describe("transfers", () => {
  it("are mints, uses or transfers, without lines of 0 Wh", () => {
    const story = new Story()
      .mint(M7, ADA, START, [1])
      .emit("token", "TransferSingle", { operator: ADA, from: ADA, to: BOB, id: (7n << 32n) + 5n, value: 9n })
      .move(BOB, zeroAddress, M7, START, [1]);
    expect(assemble(story).transfers.map(({ kind, lines }) => [kind, lines.map(({ wh }) => wh)])).toEqual([
      ["mint", [1n]],
      ["transfer", [9n]],
      ["use", [1n]],
    ]);
  });

  it("survive ids that no meter can have, which anyone may move 0 Wh of", () => {
    const story = new Story()
      .emit("token", "TransferSingle", { operator: ADA, from: ADA, to: BOB, id: 1n << 200n, value: 0n })
      .emit("token", "TransferBatch", { operator: ADA, from: ADA, to: BOB, ids: [3n, 7n << 32n], values: [0n, 5n] });
    expect(assemble(story).transfers.map(({ lines }) => lines)).toEqual([[], [{ meter: 7, interval: 0, wh: 5n }]]);
  });
});

describe("other entries", () => {
  it("tell cancellations, skipped profiles and meters as they are now", () => {
    const story = new Story()
      .meter(M7, ADA)
      .emit("marketplace", "OfferCancelled", { seller: ADA, nonce: 4n })
      .emit("marketplace", "OffersCancelled", { seller: ADA, minNonce: 9n })
      .emit("neighbourhood", "ProfileSkipped", { index: 2n, day: 0xffff_ffff, reason: "0x1234" })
      .emit("neighbourhood", "CapChanged", { meter: M7, capWh: 5_000 });
    const ledger = assemble(story);
    expect(ledger.cancellations.map(({ cancelled }) => cancelled)).toEqual([{ nonce: 4n }, { minNonce: 9n }]);
    expect(ledger.skippedProfiles).toMatchObject([{ index: 2n, day: 0xffff_ffff, reason: "0x1234" }]);
    expect(ledger.meters).toMatchObject([
      { meter: 7, kind: "home", source: "solar", unitWh: 1n, capWh: 5_000n, place: "AT" },
    ]);
    expect(ledger.events.map(({ contract, eventName }) => `${contract} ${eventName}`)).toEqual([
      "neighbourhood MeterRegistered",
      "marketplace OfferCancelled",
      "marketplace OffersCancelled",
      "neighbourhood ProfileSkipped",
      "neighbourhood CapChanged",
    ]);
  });
});
