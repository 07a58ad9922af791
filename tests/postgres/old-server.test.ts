import { createServer, type Socket } from "node:net";
import { postgres } from "@reeve/postgres";
import { Database } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { expect, onTestFinished, test } from "vitest";

const message = (type: string, body: Buffer) => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};

/** Lets anybody in, says its version, and refuses whatever it is asked, as one that does not know it. */
async function serverOf(version: string): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket
      .on("error", () => {})
      .once("data", () => {
        socket.write(
          Buffer.concat([
            message("R", Buffer.alloc(4)),
            message("S", Buffer.from(`server_version\0${version}\0`)),
            message("K", Buffer.alloc(8)),
            message("Z", Buffer.from("I")),
          ]),
        );
        const said = "SERROR\0VERROR\0C42704\0Munrecognized configuration parameter\0\0";
        socket.on("data", () =>
          socket.write(Buffer.concat([message("E", Buffer.from(said)), message("Z", Buffer.from("I"))])),
        );
      });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  });
  return (listener.address() as { readonly port: number }).port;
}

test.each(["13.14 (Debian 13.14-1)", "9.4.26"])("a server of version %s is refused for that", async (version) => {
  const port = await serverOf(version);
  await expect(
    Database.open(postgres({ port, user: "u", database: "d" }), { clock: systemClock }),
  ).rejects.toMatchObject({
    reason: "STORE_FAILED",
    retryable: false,
    message: `store database "127.0.0.1:${port}/d": it is PostgreSQL ${version}, expected 14 or later; upgrade the server`,
  });
});
