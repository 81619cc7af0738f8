import { expect, it } from "vitest";

import { kwh } from "./meter-facts.tsx";

it.each([
  [0n, 1, "0.000 kWh"],
  [12_345_678n, 1, "12345.678 kWh"],
  [5n, 10, "0.050 kWh"],
  [(1n << 44n) - 1n, 100, "1759218604441.500 kWh"],
])("shows register %d in units of %d Wh as the meter does", (register, unitWh, text) => {
  expect(kwh(register, unitWh)).toBe(text);
});
