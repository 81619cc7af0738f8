import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const runFile = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** PEM texts. */
export type Certificate = { certificate: string; key: string };

/** An authority of its own, and a certificate it signed for 127.0.0.1 and for a client. */
export async function createCertificates(): Promise<{ ca: string; server: Certificate; client: Certificate }> {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(at(name), "utf8");
  const openssl = (...args: string[]) => runFile("openssl", args);
  try {
    await openssl("req", "-x509", ...NEW_KEY, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=Test CA");
    const sign = async (name: string, extension: string): Promise<Certificate> => {
      await openssl("req", ...NEW_KEY, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`), "-subj", `/CN=${name}`);
      writeFileSync(at("extensions"), extension);
      const authority = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("extensions")];
      await openssl("x509", "-req", "-in", at(`${name}.csr`), "-out", at(`${name}.pem`), "-days", "2", ...authority);
      return { certificate: read(`${name}.pem`), key: read(`${name}.key`) };
    };
    const server = await sign("server", "subjectAltName=IP:127.0.0.1,DNS:localhost");
    return { ca: read("ca.pem"), server, client: await sign("oracle", "extendedKeyUsage=clientAuth") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
