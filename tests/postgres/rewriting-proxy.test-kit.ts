import { type ServerProxy, serverProxy } from "./server-proxy.test-kit.ts";

/** Stands before a PostgreSQL and puts other words of the same length in the place of those that it says. */
export function rewritingProxy(
  serverPort: number,
  words: readonly (readonly [string, string])[],
): Promise<ServerProxy> {
  return serverProxy(serverPort, (client, server) => {
    client.pipe(server);
    server.on("data", (chunk) => {
      let text = chunk.toString("latin1");
      for (const [from, to] of words) text = text.replaceAll(from, to.padEnd(from.length).slice(0, from.length));
      client.write(Buffer.from(text, "latin1"));
    });
    server.on("close", () => client.destroy());
  });
}
