import type { PostgresServerOptions } from "@reeve/testing";
import { type CommitProxy, commitProxy } from "../../postgres/commit-proxy.test-kit.ts";
import { Estate } from "./estate.ts";

export interface ProxiedEstate extends AsyncDisposable {
  readonly estate: Estate;
  /** Through which its hosts reach the database. */
  readonly proxy: CommitProxy;
}

export async function proxiedEstate(postgres: PostgresServerOptions): Promise<ProxiedEstate> {
  await using closing = new AsyncDisposableStack();
  let proxy: CommitProxy | undefined;
  const estate = closing.use(
    await Estate.open({
      postgres,
      async via(url) {
        const address = new URL(url);
        proxy = closing.use(await commitProxy(Number(address.port)));
        address.port = String(proxy.port);
        return address.href;
      },
    }),
  );
  const moved = closing.move();
  return { estate, proxy: proxy!, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
