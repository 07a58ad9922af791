import type { ReeveError } from "@reeve/contract";
import { connect } from "@reeve/runtime";
import { silentLogger } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { host } from "./host.ts";
import { ada, attempts, deskManager, desks, vaultManager, vaults, type Who } from "./vault.ts";

const said = (log: { readonly lines: readonly { readonly message: string | undefined }[] }, text: string) =>
  log.lines.filter(({ message }) => message?.includes(text));

describe.each(nets)("on whose behalf, %s", (_, open) => {
  test("a principal of a caller that is not listed is refused in every kind of call, with the cure, and said once", async () => {
    await using net = await open();
    const ran: string[] = [];
    await using vault = await host(net, "vault-01", ["desk-*"], (s) => s.spawn(vaultManager(ran)));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    for (const [operation, attempt] of Object.entries(attempts(web.as(ada).ref(vaults)))) {
      await expect(attempt()).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
        reason: "NOT_PERMITTED",
        outcome: "not-executed",
        address: "vault-01",
        message: `vault/vault-01: ${operation}: caller "web-api" may not call on behalf of "ada"; list "web-api" in trustedForwarders of the host that it calls`,
      });
    }
    expect(ran).toEqual([]);
    expect(said(vault.log, "calls on behalf of others")).toHaveLength(1);
    // On its own behalf it may call, and says so without a word.
    for (const itself of [web, web.as({ user: "web-api", roles: [] })]) {
      expect(await itself.ref(vaults).whoami({})).toEqual({ user: "web-api", roles: [], peer: "web-api" });
    }
  });

  test("a handler that calls on does so for its own caller, where the hosts list each other", async () => {
    await using net = await open();
    const ran: string[] = [];
    await using _vault = await host(net, "vault-01", ["desk-*"], (s) => s.spawn(vaultManager(ran)));
    await using _desk = await host(net, "desk-01", ["web-api"], (s) => s.spawn(deskManager()));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    expect(await web.as(ada).ref(desks).ask({})).toEqual({ ...ada, peer: "desk-01" });
    expect(await web.as(ada).ref(desks).burn({ id: "x" })).toBe("burn x");
    expect(await web.ref(desks).ask({})).toEqual({ user: "web-api", roles: [], peer: "desk-01" });
    await expect(web.ref(desks).burn({ id: "y" })).rejects.toMatchObject({ reason: "NOT_PERMITTED" });
    expect(ran).toEqual(["burn x"]);
  });

  test("a user who is called like the manager that acts for it stays that user", async () => {
    await using net = await open();
    await using _vault = await host(net, "vault-01", ["desk-01"], (s) => s.spawn(vaultManager([])));
    await using _desk = await host(net, "desk-01", ["web-api"], (s) => s.spawn(deskManager()));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    const asked = web.as({ user: "desk/desk-01", roles: [] }).ref(desks).ask({});
    expect(await asked).toEqual({ user: "desk/desk-01", roles: [], peer: "desk-01" });
  });

  test("where they do not, the caller is told which host has to list which, and nobody acts as somebody else", async () => {
    await using net = await open();
    await using _vault = await host(net, "vault-01", ["desk"], (s) => s.spawn(vaultManager([])));
    await using _desk = await host(net, "desk-01", ["web-*"], (s) => s.spawn(deskManager()));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    await expect(web.as(ada).ref(desks).ask({})).rejects.toMatchObject({
      reason: "NOT_PERMITTED",
      message: expect.stringContaining('vault/vault-01: whoami: caller "desk-01" may not call on behalf of "ada"'),
    });
  });

  test("a hook acts as the system with every role where its host is listed", async () => {
    await using net = await open();
    const ran: string[] = [];
    const heard: Who[] = [];
    await using _vault = await host(net, "vault-01", ["desk-01"], (s) => s.spawn(vaultManager(ran)));
    const desk = deskManager(async (vault) => {
      heard.push(await vault.whoami({}));
      await vault.burn({ id: "hook" });
      await vault.open({ for: "somebody" });
    });
    await using host1 = await host(net, "desk-01", [], (s) => s.spawn(desk));
    expect(heard).toEqual([{ user: "desk/desk-01", roles: ["*"], peer: "desk-01" }]);
    const vault = host1.supervisor.ref(vaults);
    expect(await vault.whoami({})).toEqual({ user: "desk-01", roles: ["*"], peer: "desk-01" });
    await vault.burn({ id: "script" });
    expect(ran).toEqual(["burn hook", "open for somebody", "burn script"]);
  });

  test("a hook of a host that is not listed is that host without any role, which is said once", async () => {
    await using net = await open();
    const ran: string[] = [];
    const heard: unknown[] = [];
    await using vault = await host(net, "vault-01", [], (s) => s.spawn(vaultManager(ran)));
    const desk = deskManager(async (of) => {
      heard.push(await of.whoami({}));
      heard.push(await of.burn({ id: "hook" }).catch((error: ReeveError) => [error.reason, error.message]));
    });
    await using host1 = await host(net, "desk-01", [], (s) => s.spawn(desk, { backend: "oak" }));
    const itself = { user: "desk-01", roles: [], peer: "desk-01" };
    const lacking = '"desk-01" lacks one of the roles "keeper", "operator"';
    expect(heard).toEqual([itself, ["NOT_PERMITTED", `vault/vault-01: burn: ${lacking}`]]);
    expect(await host1.supervisor.ref(vaults).whoami({})).toEqual(itself);
    expect(ran).toEqual([]);
    expect(said(vault.log, "acts as system")).toHaveLength(1);
  });

  test("what a host passes on for somebody else's system is refused like anybody's word", async () => {
    await using net = await open();
    await using _vault = await host(net, "vault-01", [], (s) => s.spawn(vaultManager([])));
    await using _desk = await host(net, "desk-01", ["hall-01"], (s) => s.spawn(deskManager()));
    await using hall = await host(net, "hall-01", [], () => {});
    await expect(hall.supervisor.ref(desks).ask({})).rejects.toMatchObject({
      reason: "NOT_PERMITTED",
      message: expect.stringContaining('caller "desk-01" may not call on behalf of "hall-01"'),
    });
  });

  test("nobody makes itself the system", async () => {
    await using net = await open();
    const ran: string[] = [];
    await using vault = await host(net, "vault-01", ["desk-*"], (s) => s.spawn(vaultManager(ran)));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    for (const caller of [web, vault.supervisor]) {
      expect(() => caller.as({ user: "vault/vault-01", roles: ["*"] })).toThrow(
        'principal: roles: "*" is every role, which only the system has; name the roles',
      );
    }
    const raw = net.transport("web-api");
    await raw.connect();
    const ask = async (operation: string, principal: object) => {
      const reply = `${raw.inbox}.${operation}-${JSON.stringify(principal).length}`;
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      raw.subscribe(reply, ({ data }) => resolve(data));
      const headers = { "Reeve-Principal": JSON.stringify(principal) };
      const body = new TextEncoder().encode('{"id":"x"}');
      raw.publish(`reeve.call.vault.v1.${operation}.vault-01.web-api`, body, { reply, headers });
      return JSON.parse(new TextDecoder().decode(await promise));
    };
    for (const user of ["vault/vault-01", "vault-01", "desk/desk-01", "web-api-2", "x/web-api/y"]) {
      expect(await ask("burn", { user, roles: ["*"] })).toMatchObject({
        reason: "NOT_PERMITTED",
        data: { caller: "web-api" },
      });
    }
    expect(await ask("burn", { user: "web-api", roles: ["*"] })).toMatchObject({
      data: { roles: ["keeper", "operator"] },
    });
    expect(await ask("whoami", { user: "x/web-api", roles: ["*"] })).toMatchObject({ user: "web-api", roles: [] });
    await raw.close();
    expect(ran).toEqual([]);
  });

  test("a star lists everybody that has a name, and nobody that has none", async () => {
    await using net = await open();
    await using _vault = await host(net, "vault-01", ["*"], (s) => s.spawn(vaultManager([])));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    await using nameless = await connect({ transport: net.transport("anonymous"), log: silentLogger });
    expect(await web.as(ada).ref(vaults).whoami({})).toEqual({ ...ada, peer: "web-api" });
    await expect(nameless.as(ada).ref(vaults).whoami({})).rejects.toMatchObject({ reason: "NOT_PERMITTED" });
    expect(await nameless.ref(vaults).whoami({})).toMatchObject({ user: "anonymous", roles: [] });
  });
});

describe.each(nets)("rights, %s", (_, open) => {
  test("roles and authorize hold alike for calls of the same process and of others", async () => {
    await using net = await open();
    const ran: string[] = [];
    await using vault = await host(net, "vault-01", ["web-api"], (s) => s.spawn(vaultManager(ran)));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    for (const caller of [vault.supervisor, web]) {
      const guest = caller.as({ user: "guest", roles: ["guest"] }).ref(vaults);
      for (const [operation, attempt] of Object.entries(attempts(guest))) {
        await expect(attempt()).rejects.toMatchObject({
          ...{ code: "PERMISSION_DENIED", reason: "NOT_PERMITTED", outcome: "not-executed" },
          message: `vault/vault-01: ${operation}: "guest" lacks one of the roles "keeper", "operator"`,
          data: { operation, roles: ["keeper", "operator"] },
        });
      }
      await expect(guest.open({ for: "ada" })).rejects.toMatchObject({
        ...{ reason: "NOT_PERMITTED", outcome: "not-executed" },
        message: 'vault/vault-01: open: not permitted to "guest"',
      });
      await expect(guest.open({ for: "nobody" })).rejects.toMatchObject({
        ...{ reason: "NOT_PERMITTED", outcome: "not-executed" },
        message: "nobody may open that",
      });
      expect(ran).toEqual([]);
      expect(await guest.open({ for: "guest" })).toBe("open for guest");
      for (const attempt of Object.values(attempts(caller.as(ada).ref(vaults)))) await attempt();
      expect(ran.splice(0)).toEqual(["open for guest", "burn x", "note x", "list", "watch x"]);
    }
  });

  test("unknown operation, roles, input and authorize are told in this order", async () => {
    await using net = await open();
    await using _vault = await host(net, "vault-01", ["web-api"], (s) => s.spawn(vaultManager([])));
    await using web = await connect({ transport: net.transport("web-api"), log: silentLogger });
    const guest = web.as({ user: "guest", roles: [] }).ref(vaults);
    await expect(guest.burn({} as never)).rejects.toMatchObject({ reason: "NOT_PERMITTED" });
    await expect(guest.open({} as never)).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    await expect(guest.open({ for: "ada" })).rejects.toMatchObject({ reason: "NOT_PERMITTED" });
  });
});
