/** A key and a certificate for loopback that signs itself: clients trust it as their `ca`. */
export interface LoopbackCertificate {
  /** In PEM. */
  readonly key: string;
  /** In PEM. */
  readonly certificate: string;
}

/** Makes one, of an elliptic curve: an RSA key would take as long as ten tests. */
export async function loopbackCertificate(): Promise<LoopbackCertificate> {
  // Its libraries take as long to load as all the rest of this package: only a simulator needs them.
  const { generate } = await import("selfsigned");
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
