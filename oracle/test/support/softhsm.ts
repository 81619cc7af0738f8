import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIBRARY = "/usr/lib/softhsm/libsofthsm2.so";
const TOOLS = ["/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool"];

/** Why no token can be made here; undefined where one can. */
export const missingSoftHsm = [LIBRARY, ...TOOLS].every((file) => existsSync(file))
  ? undefined
  : "SoftHSM2 and pkcs11-tool are not installed (Debian: softhsm2, opensc)";

/** A token in files, made with Debian's tools as an operator makes one. */
export type SoftHsm = ReturnType<typeof createSoftHsm>;

export function createSoftHsm(pin = "271828") {
  const folder = mkdtempSync(join(tmpdir(), "softhsm-"));
  const configFile = join(folder, "softhsm2.conf");
  const tokens = join(folder, "tokens");
  mkdirSync(tokens);
  writeFileSync(configFile, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  writeFileSync(join(folder, "pin"), `${pin}\n`, { mode: 0o600 });
  const env = { ...process.env, SOFTHSM2_CONF: configFile };
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const token = "street";
  run("softhsm2-util", "--init-token", "--free", "--label", token, "--so-pin", "314159", "--pin", pin);
  let nextId = 1;
  const tool = (...args: string[]) =>
    run("pkcs11-tool", "--module", LIBRARY, "--token-label", token, "--login", "--pin", pin, ...args);
  return {
    library: LIBRARY,
    token,
    pin,
    pinFile: join(folder, "pin"),
    folder,
    tokens,
    /** What a process that uses the token needs in its environment. */
    environment: { SOFTHSM2_CONF: configFile },
    makeKey(label: string, ...options: string[]): void {
      const id = (nextId++).toString(16).padStart(2, "0");
      tool("--keypairgen", "--key-type", "EC:prime256v1", "--label", label, "--id", id, ...options);
    },
    makeOtherKey(label: string, type: string): void {
      tool("--keypairgen", "--key-type", type, "--label", label, "--id", (nextId++).toString(16).padStart(2, "0"));
    },
    deleteKey(label: string): void {
      tool("--delete-object", "--type", "privkey", "--label", label);
    },
    remove(): void {
      rmSync(folder, { recursive: true });
    },
  };
}
