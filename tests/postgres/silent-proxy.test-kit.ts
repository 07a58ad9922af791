import { type ServerProxy, serverProxy } from "./server-proxy.test-kit.ts";

/** Ends the greeting of a server: `ReadyForQuery`, idle. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Stands before a PostgreSQL and passes nothing on of what it says once it is ready for the first statement. */
export function silentProxy(serverPort: number): Promise<ServerProxy> {
  return serverProxy(serverPort, (client, server) => {
    client.pipe(server);
    let silent = false;
    server.on("data", (chunk) => {
      if (!silent) client.write(chunk);
      silent ||= chunk.subarray(-ready.length).equals(ready);
    });
    client.on("close", () => server.destroy());
  });
}
