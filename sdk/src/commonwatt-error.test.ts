import { describe, expect, it } from "vitest";

import { CommonwattError, InvalidValueError } from "./commonwatt-error.ts";

describe("CommonwattError", () => {
  it("puts details behind the short message", () => {
    const error = new CommonwattError("The board is full", { details: "10,000 offers", cause: "why" });
    expect(error.message).toBe("The board is full (10,000 offers)");
    expect(error.shortMessage).toBe("The board is full");
    expect(error.cause).toBe("why");
  });

  it("is its own message where there are no details", () => {
    expect(new CommonwattError("The board is full").message).toBe("The board is full");
  });
});

describe("InvalidValueError", () => {
  it("names the value and what was expected", () => {
    const error = new InvalidValueError("priceTicks", -1, "a whole number from 0 to 65535");
    expect(error.message).toBe("priceTicks is -1, expected a whole number from 0 to 65535");
    expect(error).toBeInstanceOf(CommonwattError);
    expect(error.name).toBe("InvalidValueError");
  });

  it.each([
    ["text", '"text"'],
    [12n, "12"],
    [undefined, "undefined"],
    [{ a: 1n }, '{"a":"1"}'],
    ["x".repeat(200), `"${"x".repeat(79)}... (202 characters)`],
  ])("shows %s", (value, shown) => {
    expect(new InvalidValueError("it", value, "another").message).toBe(`it is ${shown}, expected another`);
  });
});
