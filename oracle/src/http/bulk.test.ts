import { describe, expect, test } from "vitest";

import { decodeBulk, MAX_ROWS } from "./bulk.ts";
import { parseForm } from "./params.ts";

const NOW = 1_720_080_000;
const anyone = { source: "http:1", allowed: undefined as string | undefined, strict: false, nowMs: NOW * 1000 };

function bulk(data: unknown, query = "", sender: Partial<typeof anyone> = {}) {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  const upload = decodeBulk(text, parseForm(query) ?? new Map(), { ...anyone, ...sender });
  if ("failure" in upload) return upload;
  return {
    rows: upload.decoded.messages.map(({ node, timeMs, values }) => ({
      node,
      seconds: (timeMs ?? Number.NaN) / 1000 - NOW,
      values: Object.fromEntries(values),
    })),
    refused: upload.decoded.refusals.map(({ reason }) => reason),
    absolute: upload.absolute,
  };
}

const secondsOf = (data: unknown, query?: string) => {
  const read = bulk(data, query);
  return "rows" in read ? read.rows.map(({ seconds }) => seconds) : read.failure;
};

describe("input/bulk", () => {
  test("names values by their place from 1, or as the sender says", () => {
    const data = [
      [0, 16, 1137],
      [2, "emontx", 1437, 3164],
      [4, 19, { power: 1412, "E(Wh)": "7" }, 5],
    ];
    expect(bulk(data)).toEqual({
      rows: [
        { node: "16", seconds: -4, values: { 1: 1137 } },
        { node: "emontx", seconds: -2, values: { 1: 1437, 2: 3164 } },
        { node: "19", seconds: 0, values: { power: 1412, EWh: 7, 1: 5 } },
      ],
      refused: [],
      absolute: false,
    });
  });

  test("skips null and rows that are too short, and keeps the places of the others", () => {
    const data = [[0, 16], [], [1], [0, 16, 100, null, "", 200], 7, [0, 16, null]];
    expect(bulk(data)).toMatchObject({ rows: [{ values: { 1: 100, 4: 200 } }], refused: [] });
    expect(bulk([[0, 16]])).toEqual({ rows: [], refused: [], absolute: false });
    expect(bulk([[0, 16]], "", { strict: true })).toMatchObject({
      failure: expect.stringMatching(/^Format error/u) as string,
    });
  });

  describe("the time of a row", () => {
    const rows = [
      [-10, 16, 1],
      [-8, 16, 2],
    ];

    test("is relative to the last row, now", () => {
      expect(secondsOf(rows)).toEqual([-2, 0]);
    });
    test("is moved by how far the sender's clock was off when it sent", () => {
      expect(secondsOf([[520, 16, 1], [530, 16, 1]], "sentat=543")).toEqual([-23, -13]); // prettier-ignore
      expect(secondsOf([[NOW + 3600, 16, 1]], `sentat=${NOW + 3607}`)).toEqual([-7]);
      expect(secondsOf(rows, "offset=-10")).toEqual([0, 2]);
    });
    test("is absolute with a time, in seconds or ISO", () => {
      expect(secondsOf(rows, `time=${NOW - 100}`)).toEqual([-110, -108]);
      expect(secondsOf(rows, "time=2024-07-04T08:00:00Z")).toEqual([-10, -8]);
      expect(bulk(rows, `time=${NOW}`)).toMatchObject({ absolute: true });
      expect(bulk(rows, `sentat=0&time=${NOW}`)).toMatchObject({ absolute: false });
    });
    test("stays the sender's own where its clock agrees with ours, however long the way here took", () => {
      for (const late of [-5, -1, 0, 1, 4.9]) {
        expect(secondsOf([[NOW - 60, 16, 1]], `sentat=${NOW - late}`)).toEqual([-60]);
      }
      expect(secondsOf([[NOW - 60, 16, 1]], `sentat=${NOW - 6}`)).toEqual([-54]);
    });
    test("puts the rows in order", () => {
      expect(secondsOf([[5, 16, 1], [0, 16, 2], [10, 16, 3]])).toEqual([-10, -5, 0]); // prettier-ignore
    });
    test("that is none costs the row, a reference that is none the request", () => {
      const read = bulk([
        ["soon", 16, 1],
        [1e308, 16, 1],
        [0, 16, 1],
      ]);
      expect(read).toMatchObject({ rows: [{ seconds: 0 }], refused: ["malformed-time", "malformed-time"] });
      expect(bulk(rows, "sentat=now")).toMatchObject({ failure: "Format error, sentat is not a time" });
      expect(bulk(rows, "offset=x")).toMatchObject({ failure: "Format error, offset is not a time" });
      expect(bulk(rows, "time=x")).toMatchObject({ failure: "Format error, time is not a time" });
    });
  });

  test("refuses a row that cannot be used for itself, and the request when no other is in it", () => {
    const good = [0, 16, 1];
    for (const bad of [
      [0, {}, 1],
      [0, "n".repeat(65), 1],
      [0, null, 1],
      [0, 16, ...new Array<number>(300).fill(1)],
    ]) {
      // prettier-ignore
      expect(bulk([bad, good])).toMatchObject({ rows: [{ node: "16" }], refused: [expect.stringMatching(/malformed-name|too-large/u) as string] });
      expect(bulk([bad])).toMatchObject({
        failure: expect.stringMatching(/^Format error, no row can be used: /u) as string,
      });
    }
    expect(bulk([[0, 16, true, 5]])).toMatchObject({ rows: [{ values: { 2: 5 } }], refused: ["not-a-number"] });
  });

  test("keeps a key that is limited to a node to it", () => {
    const rows = [
      [0, "mine", 1],
      [0, "yours", 2],
    ];
    expect(bulk(rows, "", { allowed: "mine" })).toMatchObject({ rows: [{ node: "mine" }], refused: ["not-allowed"] });
    // 403, and not "Format error": somebody can put it right, and until then the sender keeps what it has.
    expect(bulk(rows.slice(1), "", { allowed: "mine" })).toMatchObject({
      failure: expect.stringMatching(/limited/u) as string,
      status: 403,
    });
  });

  test("says what it expected where nothing can be read", () => {
    const invalid = { failure: "Format error, json string supplied is not valid" };
    for (const text of ["", "[]", "{}", "[[0,16,1]", "null", "5", '"x"', "[".repeat(100_000)]) {
      expect(bulk(text)).toEqual(invalid);
    }
    // Nested one deeper than any row is.
    expect(bulk('[[0,16,{"a":[1]}]]')).toEqual(invalid);
    const many = new Array<unknown>(MAX_ROWS + 1).fill([0, 16, 1]);
    expect(bulk(many)).toEqual({ failure: "1001 rows, expected at most 1000", status: 413 });
    expect(bulk(many.slice(1))).toMatchObject({ refused: [] });
  });
});
