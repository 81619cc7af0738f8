import { expect, test } from "vitest";

import { limitComplaints } from "./complaints.ts";

test("a flood of complaints is told in part, with the number of those left out", () => {
  const told: string[] = [];
  let nowMs = 0;
  const complain = limitComplaints(
    ({ message }) => told.push(message),
    () => nowMs,
  );
  for (let index = 0; index < 1_000; index++) complain(new Error("again"));
  expect(told).toEqual(Array.from({ length: 20 }, () => "again"));
  nowMs = 60_000;
  complain(new Error("later"));
  expect(told.slice(20)).toEqual(["980 more complaints were left out", "later"]);
});
