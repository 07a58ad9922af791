import { describe, expect, onTestFinished, test } from "vitest";
import { type Net, nets } from "../kit/nets.ts";
import { hall } from "./hall.ts";

/** As `nats req reeve.call.host.v1.list.block-01.cli '{}'` asks. */
async function request(net: Net, caller: string, operation: string, input: object, principal?: object) {
  const transport = net.transport(caller);
  await transport.connect();
  onTestFinished(() => transport.close());
  const reply = `${transport.inbox}.1`;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  transport.subscribe(reply, ({ data }) => resolve(JSON.parse(new TextDecoder().decode(data))));
  const headers = principal && { "Reeve-Principal": JSON.stringify(principal) };
  const data = new TextEncoder().encode(JSON.stringify(input));
  transport.publish(`reeve.call.host.v1.${operation}.block-01.${caller}`, data, { reply, ...(headers && { headers }) });
  return promise;
}

describe.each(nets)("a JSON call of the host %s", (_, open) => {
  test("is answered for a principal that its caller may speak for, and refused without", async () => {
    await using net = await open();
    const { supervisor } = await hall(net, "block-01", { trustedForwarders: ["cli"] });
    const ada = { user: "ada", roles: ["operator"] };
    const manager = "bell/block-01@tower";
    expect(await request(net, "cli", "list", {}, ada)).toMatchObject({
      items: [{ name: manager, state: "serving", epoch: 1, causes: [], cordon: null }],
    });
    expect(await request(net, "cli", "restart", { manager }, ada)).toMatchObject({ name: manager, epoch: 2 });
    expect(await request(net, "cli", "drain", { manager: "bell/x" }, ada)).toMatchObject({
      reason: "NO_SUCH_MANAGER",
      data: { manager: "bell/x", managers: [manager] },
    });
    for (const [caller, principal] of [
      ["cli", undefined],
      ["stranger", ada],
      ["stranger", undefined],
    ] as const) {
      expect(await request(net, caller, "list", {}, principal)).toMatchObject({ reason: "NOT_PERMITTED" });
      expect(await request(net, caller, "drain", { manager }, principal)).toMatchObject({ reason: "NOT_PERMITTED" });
    }
    expect(supervisor.managers()).toMatchObject([{ epoch: 2, status: { state: "serving" } }]);
  });
});
