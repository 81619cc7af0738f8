import { expect, test } from "vitest";

import { labelsOf, redactUrl } from "./redact.ts";

test.each([
  ["http://127.0.0.1:8545", "http://127.0.0.1:8545"],
  ["https://node.example/", "https://node.example"],
  ["https://user:secret@node.example", "https://node.example/..."],
  ["https://node.example/v3/0123456789abcdef", "https://node.example/..."],
  ["https://node.example?token=secret", "https://node.example/..."],
])("an endpoint is named without what may be secret: %s", (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});

test("endpoints that look alike without their secrets are told apart by their place", () => {
  expect(labelsOf(["https://node.example/v3/a", "http://127.0.0.1:1", "https://node.example/v3/b"])).toEqual([
    "https://node.example/... (rpcUrls[0])",
    "http://127.0.0.1:1",
    "https://node.example/... (rpcUrls[2])",
  ]);
});
