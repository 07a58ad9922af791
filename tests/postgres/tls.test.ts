import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresOptions, postgres } from "@reeve/postgres";
import { Database } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { type PostgresServer, postgresServer } from "@reeve/testing";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";

let directory: string;
let server: PostgresServer;
const files = { certFile: "", keyFile: "", caFile: "", clientCert: "", clientKey: "" };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-tls-"));
  const options = { keySize: 2048, algorithm: "sha256" } as const;
  const authority = await generate([{ name: "commonName", value: "test authority" }], {
    ...options,
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", keyCertSign: true },
    ],
  } as never);
  const ca = { key: authority.private, cert: authority.cert };
  const own = await generate([{ name: "commonName", value: "db.example" }], {
    ...options,
    ca,
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "db.example" }] }],
  } as never);
  const client = await generate([{ name: "commonName", value: "postgres" }], { ...options, ca } as never);
  const texts = {
    certFile: own.cert,
    keyFile: own.private,
    caFile: authority.cert,
    clientCert: client.cert,
    clientKey: client.private,
  };
  for (const [name, text] of Object.entries(texts)) {
    files[name as keyof typeof files] = join(directory, `${name}.pem`);
    await writeFile(join(directory, `${name}.pem`), text);
  }
  const { certFile, keyFile, caFile } = files;
  server = await postgresServer({
    tls: { certFile, keyFile, caFile },
    hba: [
      "hostssl certified all all cert",
      "hostssl all all all scram-sha-256",
      "hostnossl plain all all scram-sha-256",
      "hostnossl postgres all all scram-sha-256",
    ],
  });
  for (const name of ["certified", "plain", "secured"]) await server.query(`create database ${name}`);
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function encrypted(options: PostgresOptions): Promise<boolean> {
  const { host, port, user, password } = server;
  const database = await Database.open(postgres({ host, port, user, password, ...options }), { clock: systemClock });
  try {
    const [row] = await server.query(
      "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'reeve' limit 1",
    );
    return row!.ssl as boolean;
  } finally {
    await database.close();
  }
}

test("each sslmode demands what it says", async () => {
  const { caFile } = files;
  expect(await encrypted({ database: "plain" })).toBe(false);
  expect(await encrypted({ database: "secured", sslmode: "require" })).toBe(true);
  expect(await encrypted({ database: "secured", sslmode: "verify-ca", ssl: { caFile } })).toBe(true);
  expect(
    await encrypted({ database: "secured", sslmode: "verify-full", ssl: { caFile, serverName: "db.example" } }),
  ).toBe(true);
  expect(
    await encrypted({
      url: `postgres://x@${server.host}/secured?sslmode=verify-ca&sslrootcert=${caFile}`,
      user: "postgres",
    }),
  ).toBe(true);
});

test("a certificate of somebody else, one for another host, and a session without TLS are refused in one sentence", async () => {
  const { caFile } = files;
  await expect(encrypted({ database: "secured", sslmode: "verify-ca" })).rejects.toMatchObject({
    message: expect.stringMatching(
      /the certificate of 127\.0\.0\.1:\d+ is not trusted \(.*\); set ssl\.ca to who signed it$/,
    ),
    retryable: false,
  });
  await expect(encrypted({ database: "secured", ssl: { caFile } })).rejects.toMatchObject({
    message: expect.stringMatching(
      /the certificate of 127\.0\.0\.1:\d+ is for another name \(.*\); set ssl\.serverName, or correct the host$/,
    ),
  });
  await expect(encrypted({ database: "secured" })).rejects.toMatchObject({
    message: expect.stringMatching(
      /does not let user "postgres" in \(.*no encryption.*\); check user, sslmode and the server's pg_hba\.conf$/,
    ),
  });
});

test("a certificate takes the place of the password", async () => {
  const { caFile, clientCert: certFile, clientKey: keyFile } = files;
  expect(
    await encrypted({
      database: "certified",
      password: "none",
      sslmode: "verify-ca",
      ssl: { caFile, certFile, keyFile },
    }),
  ).toBe(true);
  await expect(encrypted({ database: "certified", sslmode: "require" })).rejects.toMatchObject({
    message: expect.stringContaining("connection requires a valid client certificate"),
  });
});
