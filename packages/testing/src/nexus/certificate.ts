import { generate } from "selfsigned";

/** A key and a certificate for loopback that signs itself: clients trust it as their `ca`. */
export interface LoopbackCertificate {
  /** In PEM. */
  readonly key: string;
  /** In PEM. */
  readonly certificate: string;
}

/** Makes one, of an elliptic curve: an RSA key would take as long as ten tests. */
export async function loopbackCertificate(): Promise<LoopbackCertificate> {
  const made = await generate([{ name: "commonName", value: "switch.example" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { key: made.private, certificate: made.cert };
}
