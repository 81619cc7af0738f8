import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { readSecret } from "./passphrase.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "credentials-"));
  file = join(folder, "passphrase");
  writeFileSync(file, "a secret\n");
  chmodSync(file, 0o440);
  chmodSync(folder, 0o550);
});
afterEach(() => {
  vi.unstubAllEnvs();
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe("a secret that systemd hands over with an access control list, which shows as mode 440,", () => {
  test("is read", () => {
    vi.stubEnv("CREDENTIALS_DIRECTORY", folder);
    expect(readSecret("passphrase", file)).toBe("a secret");
  });

  test("is refused when everybody can read it", () => {
    vi.stubEnv("CREDENTIALS_DIRECTORY", folder);
    chmodSync(file, 0o444);
    expect(() => readSecret("passphrase", file)).toThrow("has mode 444, expected 600");
  });

  test("is refused when it is not systemd that hands it over", () => {
    expect(() => readSecret("passphrase", file)).toThrow("has mode 440, expected 600");
    vi.stubEnv("CREDENTIALS_DIRECTORY", tmpdir());
    expect(() => readSecret("passphrase", file)).toThrow("has mode 440, expected 600");
  });
});
