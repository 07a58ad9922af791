import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority of a test's own, made by openssl. */
export class TestAuthority {
  readonly caFile: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "reeve-ca-"));
  readonly #keyFile: string;

  constructor() {
    this.caFile = join(this.#directory, "ca.pem");
    this.#keyFile = join(this.#directory, "ca.key");
    openssl("req", "-x509", ...newKey, "-keyout", this.#keyFile, "-out", this.caFile, "-subj", "/CN=test authority");
  }

  /** @param names as openssl writes them: `DNS:localhost,IP:127.0.0.1` */
  issue(names: string): Certificate {
    const base = join(this.#directory, names.replace(/\W/g, "-"));
    const [certFile, keyFile, request, extensions] = [`${base}.pem`, `${base}.key`, `${base}.csr`, `${base}.ext`];
    openssl("req", ...newKey, "-keyout", keyFile, "-out", request, "-subj", "/CN=test");
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    const ca = ["-CA", this.caFile, "-CAkey", this.#keyFile, "-CAcreateserial"];
    openssl("x509", "-req", "-in", request, ...ca, "-days", "2", "-extfile", extensions, "-out", certFile);
    return { certFile, keyFile };
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
